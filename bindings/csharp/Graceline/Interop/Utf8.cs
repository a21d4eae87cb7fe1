// Text across the border: NUL-ended UTF-8 out of C, and into memory that C may read.
// Must leave no native memory behind, and no token in memory that was freed.
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Graceline
{
    internal static unsafe class Utf8
    {
        /// <summary>A copy as a string; NULL stays null.</summary>
        internal static string Read(byte* text)
        {
            if (text == null) return null;
            int length = Length(text);
            return length == 0 ? string.Empty : Encoding.UTF8.GetString(text, length);
        }

        internal static ReadOnlySpan<byte> Span(byte* text)
        {
            return text == null ? default : new ReadOnlySpan<byte>(text, Length(text));
        }

        internal static int Length(byte* text)
        {
            int length = 0;
            while (text[length] != 0) length++;
            return length;
        }
    }

    /// <summary>Native memory for the length of one call; emptied and freed by Dispose.</summary>
    internal sealed unsafe class Arena : IDisposable
    {
        private readonly List<Block> _blocks = new List<Block>();

        private struct Block
        {
            internal IntPtr Memory;
            internal int Size;
        }

        internal byte* Bytes(int size)
        {
            IntPtr memory = Marshal.AllocHGlobal(Math.Max(size, 1));
            _blocks.Add(new Block { Memory = memory, Size = size });
            new Span<byte>((void*)memory, size).Clear();
            return (byte*)memory;
        }

        /// <summary>Refuses text with a NUL inside: C would see only its first part.</summary>
        internal byte* Text(string option, string text)
        {
            if (text == null) return null;
            if (text.IndexOf('\0') >= 0)
            {
                throw new ArgumentException(option + ": must not hold a NUL character", option);
            }
            int size = Encoding.UTF8.GetByteCount(text);
            byte* memory = Bytes(size + 1);
            fixed (char* characters = text)
            {
                Encoding.UTF8.GetBytes(characters, text.Length, memory, size);
            }
            return memory;
        }

        internal byte** Texts(string option, IList<string> texts)
        {
            if (texts == null || texts.Count == 0) return null;
            byte** pointers = (byte**)Bytes(texts.Count * sizeof(byte*));
            for (int i = 0; i < texts.Count; i++)
            {
                pointers[i] = Text(option + "[" + i + "]", texts[i]);
            }
            return pointers;
        }

        public void Dispose()
        {
            foreach (Block block in _blocks)
            {
                new Span<byte>((void*)block.Memory, block.Size).Clear();
                Marshal.FreeHGlobal(block.Memory);
            }
            _blocks.Clear();
        }
    }
}
