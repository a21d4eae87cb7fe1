// A REST API on npm `express` with a feed on npm `ws`, as some team may have it: newest first,
// cursors, nested fields, numeric ids, a Bearer token. Must end with its standard input.
'use strict';
const http = require('http');
const express = require('express');
const { WebSocketServer } = require('ws');

const token = 'Bearer ' + (process.argv[2] || 'open-sesame');
const rooms = new Map();
// What the tests change: `unknown` says how an id that is not there is answered.
const habits = { unknown: '404', slow: 0, refuse: false };
let nextId = 9000000001;

const room = (name) => {
  if (!rooms.has(name)) rooms.set(name, []);
  return rooms.get(name);
};
const cursorOf = (message, side) =>
  message && Buffer.from(JSON.stringify({ side, id: message.meta.id })).toString('base64url');

// A page beside a message: { items, older, newer, last }, or undefined for an id not known.
function pageOf(messages, side, id, size) {
  let first = messages.length - size;
  if (side) {
    const at = messages.findIndex((each) => each.meta.id === id);
    if (at < 0 && habits.unknown !== 'greater') return undefined;
    const beyond = messages.findIndex((each) => each.meta.id > id);
    const newer = at >= 0 ? at + 1 : beyond < 0 ? messages.length : beyond;
    first = side === 'after' ? newer : (at >= 0 ? at : newer) - size;
  }
  const end = Math.min(Math.max(first + size, 0), messages.length);
  first = Math.min(Math.max(first, 0), end);
  return {
    items: messages.slice(first, end).reverse(),
    last: side === 'after' ? end === messages.length : first === 0,
    older: cursorOf(messages[first], 'before'),
    newer: cursorOf(messages[end - 1], 'after'),
  };
}

const app = express();
const server = http.createServer(app);
const sockets = new WebSocketServer({ noServer: true });

app.use('/v2', (request, response, next) => {
  if (request.get('authorization') !== token) return response.sendStatus(401);
  setTimeout(next, habits.slow);
});
app.get('/v2/rooms/:room/feed', (request, response) => {
  const { cursor, after, before } = request.query;
  const size = Math.min(Number(request.query.page_size || 20), 50);
  let side = after ? 'after' : before ? 'before' : undefined;
  let id = Number(after || before);
  if (cursor) ({ side, id } = JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  const page = pageOf(room(request.params.room), side, id, size);
  if (!page && habits.unknown === '404') return response.sendStatus(404);
  const { items, older, newer, last } = page || { items: [], last: true };
  response.json({ data: { items }, paging: { older, newer, last } });
});

// For the tests, without a token.
app.post('/control/publish', (request, response) => {
  const name = request.query.room;
  const ids = [];
  for (let i = 0; i < Number(request.query.count); ++i) {
    const id = nextId;
    nextId += 7;
    const meta = { id, room: name, author: { name: 'tester' }, at: new Date().toISOString() };
    const message = { meta, content: { kind: 'text', body: `${request.query.text} ${i}` } };
    room(name).push(message);
    for (const socket of sockets.clients) {
      if (socket.room === name) socket.send(JSON.stringify(message));
    }
    ids.push(String(id));
  }
  response.json(ids);
});
app.post('/control/forget', (request, response) => {
  room(request.query.room).splice(0, Number(request.query.count));
  response.json('done');
});
app.post('/control/habits', (request, response) => {
  const { unknown, slow, refuse } = request.query;
  if (unknown) habits.unknown = unknown;
  if (slow) habits.slow = Number(slow);
  if (refuse) habits.refuse = refuse === 'yes';
  if (habits.refuse) for (const socket of sockets.clients) socket.terminate();
  response.json('done');
});

server.on('upgrade', (request, socket, head) => {
  if (habits.refuse) return socket.destroy();
  if (request.headers.authorization !== token) {
    return socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
  }
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.room = new URL(request.url, 'ws://here').searchParams.get('room');
    console.log('feed open');
  });
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
server.listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
