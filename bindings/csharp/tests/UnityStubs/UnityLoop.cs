// The order in which Unity calls its messages: Awake, OnEnable, Start, Update, pause, focus, quit.
// Must find them as Unity does: by name, private ones too.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace UnityEngine
{
    public class GameObject : Object
    {
        private readonly List<Component> _components = new List<Component>();

        public T AddComponent<T>() where T : Component, new()
        {
            var component = new T();
            component.gameObject = this;
            _components.Add(component);
            if (component is Behaviour behaviour) UnityLoop.Add(behaviour);
            return component;
        }

        public T GetComponent<T>() where T : Component
        {
            return _components.OfType<T>().FirstOrDefault();
        }
    }

    /// <summary>Plays Unity: one frame at a time, on the calling thread.</summary>
    public static class UnityLoop
    {
        private const BindingFlags Instance =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        private const BindingFlags Static =
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

        private static readonly List<Behaviour> Behaviours = new List<Behaviour>();
        private static readonly HashSet<Behaviour> Started = new HashSet<Behaviour>();

        internal static void Add(Behaviour behaviour)
        {
            Behaviours.Add(behaviour);
            Send(behaviour, "Awake");
            Send(behaviour, "OnEnable");
        }

        public static void Frame()
        {
            foreach (Behaviour each in Behaviours.Where(each => each.enabled).ToList())
            {
                if (Started.Add(each)) Send(each, "Start");
                Send(each, "Update");
            }
        }

        public static void Pause(bool isPaused)
        {
            foreach (Behaviour each in Behaviours) Send(each, "OnApplicationPause", isPaused);
        }

        public static void Focus(bool isFocused)
        {
            Application.isFocused = isFocused;
            foreach (Behaviour each in Behaviours) Send(each, "OnApplicationFocus", isFocused);
        }

        public static void Quit()
        {
            foreach (Behaviour each in Behaviours) Send(each, "OnApplicationQuit");
            Leave();
        }

        /// <summary>The scene is gone: every component is disabled and destroyed.</summary>
        public static void Leave()
        {
            foreach (Behaviour each in Behaviours.Where(each => each.enabled))
            {
                Send(each, "OnDisable");
            }
            Behaviours.Clear();
            Started.Clear();
            Application.isFocused = true;
        }

        /// <summary>What Unity calls at the start of a play session.</summary>
        public static void EnterPlayMode(Assembly assembly)
        {
            foreach (MethodInfo method in
                     assembly.GetTypes().SelectMany(type => type.GetMethods(Static)))
            {
                var attribute = method.GetCustomAttribute<RuntimeInitializeOnLoadMethodAttribute>();
                if (attribute == null) continue;
                if (attribute.loadType == RuntimeInitializeLoadType.SubsystemRegistration)
                {
                    method.Invoke(null, null);
                }
            }
        }

        internal static void Send(Behaviour behaviour, string message, params object[] arguments)
        {
            for (Type type = behaviour.GetType(); type != null; type = type.BaseType)
            {
                MethodInfo method = type.GetMethod(message, Instance | BindingFlags.DeclaredOnly);
                if (method == null) continue;
                method.Invoke(behaviour, arguments);
                return;
            }
        }
    }
}
