import ArgumentParser
import Contracts
import DataSources
import Encodings
import Foundation
import Learning
import Ledger
import MerkleLog
import Node
import Participation
import Relay
import Storage
import Transport

/// `jointlab relay …`
struct RelayCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "Let a member's node stand for its devices: one participant, many machines.",
        discussion: """
            Set relay.listen in node.yaml, enrol the devices, register their dataset, and run the \
            node. Documentation/relays.md has the whole way.
            """,
        subcommands: [
            Init.self, Enrol.self, Card.self, Devices.self, Remove.self, Register.self,
        ])

    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make this node a relay: say which dataset lies on its devices.",
            discussion: """
                The columns are those of an example: a CSV file like the ones on the devices, with \
                all categories in it. Its rows are not used, and nothing is sent.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "What the lab will call the dataset.")
        var dataset: DatasetID

        @OptionGroup var example: DataSourceOptions

        func run() throws {
            _ = try home.node.card()
            if try home.node.ownedDataset(dataset) != nil {
                throw ValidationError("this node has a dataset \(dataset) already")
            }
            let source = try example.source
            guard case .csv = source else {
                throw ValidationError("the devices have CSV files; give an example with --file")
            }
            let schema = try example.inspection(in: home).schema
            try home.node.relay.prepare(RelayedDataset(id: dataset, schema: schema))
            print(
                """
                The lab and the devices will see this schema:

                \(schema.json.indentedText)

                next: set relay.listen in node.yaml; jointlab device init on each device, then \
                jointlab relay enrol CARD
                """)
        }
    }

    struct Enrol: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take devices in by their cards, and make the relay's cards for them.",
            discussion: """
                A relay's card tells a device its relay, the columns, and whose signatures it is to \
                believe: the members and the quorum as this node's copy of the ledger has them. \
                Bring it to the device by a way that you trust. A running relay takes note at once.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "The devices' cards, from `jointlab device init`.", completion: .file())
        var cards: [String]

        @Option(
            help: "Where to write DEVICE.relay.json for each; needed for several devices.",
            completion: .directory)
        var folder: String?

        @Option(help: "The URL that devices reach the relay by; default: relay.url of node.yaml.")
        var url: String?

        func run() throws {
            let relay = home.node.relay
            let dataset = try relay.relayedDataset()
            let maker = try RelayCardMaker(home.node, dataset, url: url)
            guard folder != nil || cards.count == 1 else {
                throw ValidationError("several cards need a --folder for the relay's cards")
            }
            let added = try cards.map { path in
                try DeviceCard(JSONValue(parsing: Array(Data(contentsOf: URL(filePath: path)))))
            }
            let lock = try FolderLock(relay.folder)
            var all = Dictionary(
                uniqueKeysWithValues: try relay.cards().map { ($0.device, $0) })
            for card in added {
                if let known = all[card.device], known.key != card.key {
                    throw ValidationError(
                        "a device \(card.device) with another key is enrolled; "
                            + "`jointlab relay remove \(card.device)` first")
                }
                if let other = all.values.first(where: {
                    $0.key == card.key && $0.device != card.device
                }) {
                    throw ValidationError("the key of \(card.device) is that of \(other.device)")
                }
                all[card.device] = card
            }
            try relay.write(Array(all.values))
            withExtendedLifetime(lock) {}
            for card in added {
                let text = maker.card(for: card.device).json.indentedText + "\n"
                guard let folder else {
                    print(text, terminator: "")
                    continue
                }
                let file = URL(filePath: folder).appending(path: "\(card.device).relay.json")
                try SyncedFile.replace(file.path, with: Array(text.utf8))
                print("\(card.device): \(file.path)")
            }
        }
    }

    struct Card: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the relay's card for an enrolled device anew.",
            discussion: "After a change of the lab's members or quorum every device needs one.")

        @OptionGroup var home: HomeOptions

        @Argument var device: DeviceID

        @Option(help: "The URL that devices reach the relay by; default: relay.url of node.yaml.")
        var url: String?

        func run() throws {
            let relay = home.node.relay
            let dataset = try relay.relayedDataset()
            guard try relay.cards().contains(where: { $0.device == device }) else {
                throw ValidationError("no device \(device) is enrolled")
            }
            let maker = try RelayCardMaker(home.node, dataset, url: url)
            print(maker.card(for: device).json.indentedText)
        }
    }

    struct Devices: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the enrolled devices, and what the running relay has seen of them.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            _ = try home.node.relay.relayedDataset()
            let cards = try home.node.relay.cards()
            // Where the node is not running, what is enrolled is all that is known.
            let seen = try? await MemberSession.with(home) { session in
                try await session.node()?.get("/v1/devices")
            }
            let answer: JSONValue =
                seen.flatMap { $0 } ?? ["items": .array(cards.map(\.json))]
            let view = Listing(
                empty: "no devices; `jointlab relay enrol CARD` takes one in",
                [
                    ("device", .left, { $0.shown("device") }),
                    ("rows", .right, { $0.shown("rows") }),
                    ("last seen", .left, { $0.shownTime("lastSeen") }),
                    ("contributed", .right, { $0.shown("contributed") }),
                    ("refused", .right, { $0.shown("refused") }),
                    ("key", .left, { $0.shownShort("key") }),
                ])
            output.print(answer, view.text(answer))
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a device out; a running relay refuses it from its next request on.")

        @OptionGroup var home: HomeOptions

        @Argument var device: DeviceID

        func run() throws {
            let relay = home.node.relay
            _ = try relay.relayedDataset()
            let lock = try FolderLock(relay.folder)
            let cards = try relay.cards()
            guard cards.contains(where: { $0.device == device }) else {
                throw ValidationError("no device \(device) is enrolled")
            }
            try relay.write(cards.filter { $0.device != device })
            withExtendedLifetime(lock) {}
            print("\(device) is out; what it has contributed stays")
        }
    }

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the devices' dataset on the ledger: schema, rows, and a commitment.",
            discussion: """
                The rows are those of the enrolled devices together, by their cards. The commitment \
                fixes the cards, and through them each device's rows; it says nothing of devices \
                that are enrolled later. A contribution never stands for more rows than this.
                """)

        @OptionGroup var submit: SubmitOptions

        @Option(help: "What people call it.")
        var title: String

        @Option(help: "Register for more rows than there are yet, for devices that are to come.")
        var rows: Int?

        func run() async throws {
            let relay = submit.home.node.relay
            let dataset = try relay.relayedDataset()
            var random = SystemRandomNumberGenerator()
            let registration: DeviceRegistration
            if let known = try relay.registered() {
                // The lab may have heard of it, though the answer was lost.
                registration = known
            } else {
                do {
                    registration = try DeviceRegistration(
                        of: relay.cards(), rows: rows.map { Int64($0) },
                        salt: CommitmentSalt(from: &random))
                } catch let error as JSONShapeError {
                    throw ValidationError("\(error)")
                }
                try relay.write(registration)
            }
            try await submit.submit(
                RegisterDataset(
                    dataset: dataset.id, title: title, schema: dataset.schema.json,
                    rows: registration.rows, commitment: registration.commitment),
                "\(dataset.id) is registered for \(registration.rows) rows on "
                    + "\(registration.cards.count) devices")
        }
    }
}

/// Makes the cards that devices are given.
private struct RelayCardMaker {
    private let lab: LabID
    private let policy: TrustPolicy
    private let member: MemberID
    private let dataset: RelayedDataset
    private let url: String

    init(_ home: NodeHome, _ dataset: RelayedDataset, url: String?) throws {
        let path = home.ledger.path
        guard FileManager.default.fileExists(atPath: path) else {
            throw StorageError.unusable(
                path: path, problem: "the node has no copy of the ledger yet; run it first")
        }
        let database = try LedgerDatabase(path: path)
        guard let replica = try database.replay() else {
            throw StorageError.unusable(
                path: path, problem: "the node has no copy of the ledger yet; run it first")
        }
        try database.close()
        lab = replica.lab
        policy = try TrustPolicy(of: replica.state)
        member = try home.card().member
        self.dataset = dataset
        let settings = try home.settings().relay
        guard let url = url ?? settings?.url ?? Self.url(of: settings, home) else {
            throw ValidationError(
                "how do devices reach the relay? Set relay.listen and relay.url in node.yaml, or "
                    + "say --url")
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw ValidationError("--url should be an http:// or https:// URL")
        }
        self.url = url
    }

    private static func url(of settings: RelaySettings?, _ home: NodeHome) -> String? {
        guard let settings else { return nil }
        let scheme = settings.tls == nil ? "http" : "https"
        if settings.listen.port != 0 { return "\(scheme)://\(settings.listen)" }
        let running = try? String(contentsOf: home.relay.address, encoding: .utf8)
        return running.map {
            "\(scheme)://\($0.trimmingCharacters(in: .whitespacesAndNewlines))"
        }
    }

    func card(for device: DeviceID) -> RelayCard {
        RelayCard(
            lab: lab, policy: policy, member: member, dataset: dataset.id, schema: dataset.schema,
            device: device, relay: url)
    }
}

/// A relay's part of a node's status, for people.
enum RelayView {
    static func lines(_ relay: JSONValue) -> [String] {
        var lines = [
            "relay        \(relay.shown("dataset")): \(relay.shown("enrolled")) devices with "
                + "\(relay.shown("enrolledRows")) rows enrolled, \(relay.shown("seen")) seen"
        ]
        for round in relay["rounds"]?.array ?? [] {
            lines.append(
                "devices      round \(round.shown("job"))/\(round.shown("round")), "
                    + "\(round.shown("task")): \(round.shown("contributed")) of "
                    + "\(round.shown("asked")) that were asked have answered; "
                    + "\(round.shown("devicesMin")) are needed, \(round.shown("devicesEnough")) "
                    + "are enough")
        }
        if let last = relay["last"], last.object != nil {
            let outcome =
                last["problem"]?.string
                ?? "\(last.shown("devices")) devices, \(last.shown("rows")) rows"
            lines.append(
                "last round   \(last.shown("job"))/\(last.shown("round")): \(outcome.onOneLine)")
        }
        let refused = relay["refused"]?.object?.members ?? []
        if !refused.isEmpty {
            lines.append(
                "refused      "
                    + refused.map { "\($0.value.integer ?? 0) \($0.key)" }.joined(separator: ", "))
        }
        return lines
    }
}
