import ArgumentParser
import Contracts
import Devices
import Encodings
import Foundation
import Learning
import Relay
import Storage
import Transport

/// `jointlab device …`
struct DeviceCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "Train with a device's own rows, through its owner's relay.",
        discussion: """
            A device has a key, a CSV file and the card of its relay, and no copy of the ledger. It \
            trains where a quorum of the lab's members has signed the round, and never else.
            """,
        subcommands: [Init.self, Card.self, Join.self, Run.self, Status.self])

    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a device's folder and key, and print its card for its owner.",
            discussion: """
                Reads the file once: the card holds the number of its rows and a salted commitment \
                to them, and no row. Where the file changes, the device has to be made anew.
                """)

        @OptionGroup var home: HomeOptions

        @Option(help: "What the relay will call it: lower-case letters, digits, hyphens.")
        var device: DeviceID

        @Option(help: "The CSV file with its rows.", completion: .file())
        var file: String

        @Option(help: "comma, semicolon or tab; default: found out.")
        var delimiter: CSVOptions.Delimiter?

        @Option(help: "Whether the first row has names: detected, present or absent.")
        var header: CSVOptions.Header = .detected

        @Option(help: "How many of a thousand rows to keep out of training, to judge models by.")
        var holdoutPerMille = 200

        func run() throws {
            guard (0...1_000).contains(holdoutPerMille) else {
                throw ValidationError("--holdout-per-mille should be from 0 to 1000")
            }
            let card = try home.device.prepare(
                device, file: file, csv: CSVOptions(delimiter: delimiter, header: header),
                holdoutPerMille: holdoutPerMille)
            print(card.json.indentedText)
        }
    }

    struct Card: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the device's card.")

        @OptionGroup var home: HomeOptions

        func run() throws { print(try home.device.card().json.indentedText) }
    }

    struct Join: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the device its relay, and whose signatures it is to believe.",
            discussion: """
                Take the card from the device's owner by a way that you trust: who can change it \
                decides what the device trains. Checks that the file has the relay's columns.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "The relay's card, from `jointlab relay enrol`.", completion: .file())
        var card: String

        func run() throws {
            let data = try home.device.data()
            let card = try RelayCard(
                JSONValue(parsing: Array(Data(contentsOf: URL(filePath: card)))))
            guard card.device == data.device else {
                throw ValidationError(
                    "the card is for \(card.device), and this device is \(data.device)")
            }
            if let known = try? home.device.relay(),
                known.lab != card.lab || known.member != card.member
            {
                throw ValidationError(
                    "this device belongs to \(known.member) in the lab \(known.lab) already")
            }
            let rows = try data.load(card.schema, layout: FeatureLayout(commonTo: [card.schema]))
            try home.device.write(card)
            print(
                """
                joined \(card.member)'s relay for \(card.dataset) at \(card.relay), with \
                \(rows.training.count) rows to train on and \(rows.holdout.count) held out
                next: jointlab device run
                """)
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask the relay for tasks and carry them out, until it is stopped.",
            discussion: """
                The device dials out and opens no port. Settings come from device.yaml in the \
                folder, the environment and these flags, each over the one before.
                """)

        @OptionGroup var home: HomeOptions
        @OptionGroup var process: ProcessOptions

        @Option(help: "The relay's URL, if it is another than the card says.")
        var relay: String?

        @Option(help: "PEM file with the certificate authority to trust.", completion: .file())
        var certificateAuthority: String?

        func run() async throws {
            var flags = process.flags
            flags["relay"] = relay
            flags["certificate-authority"] = certificateAuthority
            var reader = SettingsReader(
                file: home.folder.appending(path: "device.yaml"),
                environment: ProcessInfo.processInfo.environment, flags: flags)
            let settings = try DeviceSettings(&reader)
            try await Daemon.runDevice(
                home: home.device, settings: settings, untilInputCloses: process.untilInputCloses)
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show whom the device works for, and what its last tasks came to.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let data = try home.device.data()
            let relay = try? home.device.relay()
            let progress = try home.device.remembered()
            let status: JSONValue = [
                "device": data.device.json, "rows": .integer(Int64(data.rows)),
                "relay": relay.map { .string($0.relay) }, "member": relay?.member.json,
                "dataset": relay?.dataset.json, "lab": relay?.lab.json,
                "progress": progress.json,
            ]
            output.print(status, Self.text(status))
        }

        private static func text(_ status: JSONValue) -> String {
            let progress = status["progress"] ?? .null
            var lines = [
                "device       \(status.shown("device")), \(status.shown("rows")) rows",
                "relay        \(status.shown("relay")), of \(status.shown("member")) for "
                    + "\(status.shown("dataset"))",
                "contributed  \(progress.shown("contributed")) times; "
                    + "\(progress.shown("refused")) tasks or answers refused",
            ]
            if progress["last"]?.string != nil {
                lines.append(
                    "last         \(progress.shownTime("lastAt")) \(progress.shown("last"))")
            }
            return lines.joined(separator: "\n")
        }
    }
}
