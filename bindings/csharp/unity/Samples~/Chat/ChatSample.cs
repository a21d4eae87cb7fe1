// A scene's script: put it on an object together with the Graceline Client component.
// Must stay short: it is read as the documentation.
using Graceline;
using Graceline.Unity;
using UnityEngine;

/// <summary>Logs messages, sends one, and refreshes on return when it must.</summary>
[RequireComponent(typeof(GracelineBehaviour))]
public sealed class ChatSample : MonoBehaviour
{
    private GracelineBehaviour _graceline;

    private void Awake()
    {
        _graceline = GetComponent<GracelineBehaviour>();
        _graceline.Configuring += options => options.JsonIdPointer = "/id";
        _graceline.Created += client =>
        {
            client.MessageReceived += (sender, message) => Debug.Log(message.Text);
            client.StatusChanged += (sender, change) => Debug.Log(change.Text);
            client.ReturnJudged += (sender, verdict) =>
            {
                if (verdict.Verdict == ReturnVerdict.Refresh) Refresh();
            };
        };
    }

    /// <summary>For a button.</summary>
    public async void Say(string text)
    {
        SendResult sent = await _graceline.Client.SendAsync(text);
        Debug.Log("fate: " + sent.Fate);
    }

    private void Refresh()
    {
        long mark = _graceline.Client.RefreshBegin();
        // Fetch messages and conversations by your own API here, then:
        _graceline.Client.MarkRefreshed(mark);
    }
}
