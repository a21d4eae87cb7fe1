// The two snippets of the base behaviour's set-up, as an app has them; only the typealias is ours.
// Must not call anything of the library that is not in them.
import Graceline
import UIKit

typealias ChatSDK = SharedClient

final class AppDelegate: UIResponder, UIApplicationDelegate {
    func applicationWillResignActive(_ application: UIApplication) {
        ChatSDK.configureServices(.willResignActive)
    }

    func applicationDidEnterBackground(_ application: UIApplication) {
        ChatSDK.configureServices(.didBackground)
    }
}

final class ChatViewController: UIViewController {
    private let messages = ChatSDK.MessagesRequest(limit: 30)
    private let conversations = ChatSDK.ConversationsRequest(limit: 30)
    var refreshes = 0

    override func viewWillAppear(_ animated: Bool) {
        super.viewWillAppear(animated)
        if !ChatSDK.backgroundTaskEnabled() {
            refreshes += 1
            messages.fetchPrevious(onSuccess: { _ in })
            conversations.fetchNext(onSuccess: { _ in })
        }
    }
}
