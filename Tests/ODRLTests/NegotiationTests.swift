import ContractFiles
import ContractLanguage
import Encodings
import Foundation
import Policy
import Testing

/// The library's `dataspace-negotiation` against the state machine of the Dataspace Protocol.
@Suite struct NegotiationTests {
    /// *Dataspace Protocol 2025-1*, figure of the contract negotiation's states.
    private static let transitions: Set = [
        "initial request consumer requested", "initial offer provider offered",
        "requested offer provider offered", "requested agree provider agreed",
        "offered request consumer requested", "offered accept consumer accepted",
        "accepted agree provider agreed", "agreed verify consumer verified",
        "verified finalize provider finalized",
        "requested terminate consumer terminated", "requested terminate provider terminated",
        "offered terminate consumer terminated", "offered terminate provider terminated",
        "accepted terminate provider terminated", "agreed terminate consumer terminated",
        "verified terminate provider terminated",
        // One that was opened, and in which nothing was sent yet.
        "initial terminate consumer terminated", "initial terminate provider terminated",
    ]

    private static let ways = [
        "initial": [], "requested": ["request"], "offered": ["request", "offer"],
        "accepted": ["request", "offer", "accept"], "agreed": ["request", "agree"],
        "verified": ["request", "agree", "verify"],
        "finalized": ["request", "agree", "verify", "finalize"], "terminated": ["terminate"],
    ]

    @Test("In every state, each side can do what the protocol lets it do, and nothing else")
    func transitionsAreTheProtocols() throws {
        let contract = try Self.contract()
        var found: Set<String> = []
        for (stage, way) in Self.ways {
            for (side, other) in [("consumer", "provider"), ("provider", "consumer")] {
                for action in contract.document.actions.map(\.name) {
                    // Whoever opened it may speak first; later that makes no difference.
                    for opener in stage == "initial" ? [side] : [side, other] {
                        let instance = try Self.instance(contract, opener, way)
                        #expect(instance.stage == stage)
                        guard let next = try Self.step(action, by: side, contract, instance) else {
                            continue
                        }
                        let message = action.hasPrefix("terminate") ? "terminate" : action
                        found.insert("\(stage) \(message) \(side) \(next.stage)")
                    }
                }
            }
        }
        #expect(found == Self.transitions, "\(found.symmetricDifference(Self.transitions))")
    }

    @Test("Every clause of the document is a heading of its prose in both languages")
    func clausesAreHeadings() throws {
        let contract = try Self.contract()
        for (_, file) in contract.document.prose {
            let text = try String(
                contentsOf: Self.folder.appending(path: file), encoding: .utf8)
            for clause in contract.document.clauses {
                #expect(text.contains("\n## \(clause.name) "), "\(file): \(clause.name)")
            }
        }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/ContractLibrary/Documents").standardizedFileURL

    private static func contract() throws -> CompiledContract {
        try ContractFile(path: folder.appending(path: "dataspace-negotiation.yaml").path).compiled()
    }

    private static func instance(
        _ contract: CompiledContract, _ opener: String, _ way: [String]
    ) throws -> ContractInstance {
        let names = ["provider": "hospital", "consumer": "clinic"]
        let offer = ContractOffer(
            name: "n-1", offeredBy: names[opener] ?? "",
            parties: ["provider": "hospital", "consumer": "clinic"],
            terms: ["subject": "urn:x", "consumerPid": "c", "providerPid": "p"], currency: nil)
        var instance = try contract.conclude(offer, now: Requests.instant("2026-06-01T00:00:00Z"))
        // A provider that opens it begins with an offer of its own.
        let steps =
            opener == "provider" && way.first == "request" ? ["offer"] + way : way
        for action in steps {
            let actors = contract.document.actions.first { $0.name == action }?.by ?? []
            let actor = try #require(actors.first.map { "\($0)" })
            instance = try #require(try step(action, by: actor, contract, instance))
        }
        return instance
    }

    /// - Returns: `nil` where the contract refuses the action.
    private static func step(
        _ action: String, by side: String, _ contract: CompiledContract,
        _ instance: ContractInstance
    ) throws -> ContractInstance? {
        var input = JSONObject()
        for field in contract.document.actions.first(where: { $0.name == action })?.input ?? [] {
            let digest = field.name == "agreement" ? "b" : "a"
            input[field.name] =
                field.name == "reason" ? "over" : .string(String(repeating: digest, count: 64))
        }
        let call = ContractCall(
            action: action, sender: .member(side == "provider" ? "hospital" : "clinic"),
            input: .object(input), now: Requests.instant("2026-06-02T00:00:00Z"), escrow: 0)
        return try? contract.take(call, on: instance).instance
    }
}
