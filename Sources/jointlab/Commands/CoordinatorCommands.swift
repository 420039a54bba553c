import ArgumentParser
import Contracts
import Coordinator
import Encodings
import Foundation
import LabAPI
import Participation
import Storage

/// `jointlab coordinator …`
struct CoordinatorCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Run the service that orders a lab's transactions and runs its rounds.",
        subcommands: [Init.self, Found.self, Card.self, TakeOver.self, Run.self])

    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a coordinator's folder and keys, and print the public ones.",
            discussion: "Give the output to whoever founds the lab.")

        @OptionGroup var home: HomeOptions

        func run() throws {
            print(try home.coordinator.prepare().json.indentedText)
        }
    }

    struct Found: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the first entry of a new lab on this coordinator's ledger.")

        @OptionGroup var home: HomeOptions

        @Argument(help: "The lab's card, from `jointlab lab found`.", completion: .file())
        var card: String

        func run() async throws {
            let card = try LabCard(readingFile: card)
            let lab = try await home.coordinator.found(card.genesis, at: MemberSession.now)
            print("the lab \(lab) is founded; start it with `jointlab coordinator run`")
        }
    }

    struct Card: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the card of a coordinator that is to take over a lab.",
            discussion: """
                Makes the folder and the keys where there are none. A member proposes the change with \
                `jointlab proposal epoch CARD`.
                """)

        @OptionGroup var home: HomeOptions

        @Option(help: "The lab's card, from `jointlab lab card`.", completion: .file())
        var lab: String

        @Option(help: "The URL under which members reach it; default: that of the old one.")
        var url: String?

        func run() throws {
            let lab = try LabCard(readingFile: lab).lab
            print(try home.coordinator.card(for: lab, address: url).json.indentedText)
        }
    }

    struct TakeOver: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Take over the ledger of a lab whose members have voted for this coordinator.",
            discussion: """
                The folder is the old coordinator's, or that of any member's node which has the entry \
                that decides. Then start it with `jointlab coordinator run`.
                """)

        @OptionGroup var home: HomeOptions

        @Option(help: "The old coordinator's folder, or a node's.", completion: .directory)
        var from: String

        func run() throws {
            _ = try home.coordinator.prepare()
            let lock = try FolderLock(home.folder)
            let old = CoordinatorHome(URL(fileURLWithPath: from).absoluteURL)
            let taken = try home.coordinator.takeOver(from: old.ledger, blobs: old.blobs)
            print(
                "took over \(taken.entries) entries and \(taken.blobs) blobs of the lab "
                    + "\(taken.lab); start it with `jointlab coordinator run`")
            withExtendedLifetime(lock) {}
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the coordinator until it is stopped.",
            discussion: """
                Settings come from coordinator.yaml in the folder, the environment (JOINTLAB_LISTEN \
                and so on) and these flags, each over the one before. Without TLS the coordinator \
                listens on this machine only.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var daemon: DaemonOptions

        @Option(help: "PEM file with the server's certificate chain.", completion: .file())
        var tlsCertificate: String?

        @Option(help: "PEM file with the certificate's private key.", completion: .file())
        var tlsKey: String?

        @Flag(help: "Let anybody read the ledger's entries as tiles.")
        var openEntries = false

        @Flag(help: "Listen without TLS where other machines can connect.")
        var allowPlaintextBeyondThisMachine = false

        func run() async throws {
            var flags = daemon.flags
            flags["tls.certificate"] = tlsCertificate
            flags["tls.key"] = tlsKey
            if openEntries { flags["open-entries"] = "true" }
            if allowPlaintextBeyondThisMachine {
                flags["allow-plaintext-beyond-this-machine"] = "true"
            }
            var reader = SettingsReader(
                file: home.folder.appending(path: "coordinator.yaml"),
                environment: ProcessInfo.processInfo.environment, flags: flags)
            let settings = try CoordinatorSettings(&reader)
            try await Daemon.runCoordinator(
                home: home.coordinator, settings: settings,
                untilInputCloses: daemon.untilInputCloses)
        }
    }
}

extension LabCard {
    /// - Throws: `StorageError`, which names the file.
    init(readingFile path: String) throws {
        do {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
            try self.init(try JSONValue(parsing: bytes))
        } catch {
            throw StorageError.unusable(path: path, problem: "\(error)")
        }
    }
}
