// A dev server for all tests of one class.
// Must not start where the scripted build plays the network.
using NUnit.Framework;

namespace Graceline.Tests
{
    public abstract class DevServerFixture
    {
        private protected DevServer Server { get; private set; }

        [OneTimeSetUp]
        public void StartServer()
        {
            World.NeedReal();
            Server = DevServer.Start();
        }

        [OneTimeTearDown]
        public void StopServer()
        {
            Server?.Dispose();
        }
    }
}
