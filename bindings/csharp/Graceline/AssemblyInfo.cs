// Who else sees the inside of this assembly: the Unity component, which hands C functions over.
// Must not name the tests: their project does.
using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Graceline.Unity")]
