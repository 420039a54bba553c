import ArgumentParser
import Coordinator
import Devices
import Foundation
import Node

/// Whose folder a command works on.
struct HomeOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder with the keys and the ledger.",
            discussion: "Default: $JOINTLAB_HOME, or else ~/.jointlab."),
        completion: .directory)
    var home: String?

    var folder: URL {
        let environment = ProcessInfo.processInfo.environment["JOINTLAB_HOME"]
        let path = home ?? environment ?? NSHomeDirectory() + "/.jointlab"
        return URL(fileURLWithPath: path).absoluteURL
    }

    var node: NodeHome { NodeHome(folder) }
    var coordinator: CoordinatorHome { CoordinatorHome(folder) }
    var device: DeviceHome { DeviceHome(folder) }
}
