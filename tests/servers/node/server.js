// A WebSocket server on npm `ws` for the tests: echo, push, ping, close; with or without deflate.
// Must end with its standard input and listen on 127.0.0.1 only.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

const options = new Set(process.argv.slice(2));
const value = (name) => {
  const found = process.argv.find((each) => each.startsWith(name + '='));
  return found ? found.slice(name.length + 1) : undefined;
};
const server = value('--cert')
  ? https.createServer({ cert: fs.readFileSync(value('--cert')), key: fs.readFileSync(value('--key')) })
  : http.createServer();
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: options.has('--deflate') ? { threshold: 0 } : false,
  handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
});

sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    const text = isBinary ? '' : data.toString();
    if (text === 'close me') return socket.close(4000, 'asked for');
    if (text === 'ping me') return socket.ping('from the server');
    if (text.startsWith('push ')) {
      for (let i = 0; i < Number(text.slice(5)); ++i) socket.send('pushed ' + i);
      return;
    }
    if (text === 'fragments') {
      socket.send('one ', { fin: false });
      socket.send('two ', { fin: false });
      return socket.send('three', { fin: true });
    }
    socket.send(data, { binary: isBinary });
  });
  socket.on('pong', (data) => socket.send('pong ' + data.toString()));
  socket.on('close', (code) => console.log('closed ' + code));
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
server.listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
