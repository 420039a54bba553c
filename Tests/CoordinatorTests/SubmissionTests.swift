import Contracts
import Coordinator
import Encodings
import Identity
import LabAPI
import Ledger
import MerkleLog
import Participation
import Randomness
import SampleLab
import ServedLab
import Storage
import Testing
import Transport

/// What members hand in, over a real connection.
@Suite struct SubmissionTests {
    /// Something that must not reach the ledger, and how the coordinator says so.
    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: Int
        let code: String
        let make: @Sendable (SampleLab) throws -> JSONValue

        init(
            _ what: String, _ status: Int, _ code: String,
            _ make: @escaping @Sendable (SampleLab) throws -> JSONValue
        ) {
            testDescription = what
            self.status = status
            self.code = code
            self.make = make
        }
    }

    private static func transaction(
        _ lab: SampleLab, by name: String = "north", nonce: String = "a-nonce-of-its-own",
        lab id: LabID?? = nil, validForMilliseconds: Int64 = 60_000,
        _ action: (any LabAction)? = nil
    ) throws -> Transaction {
        Transaction(
            lab: id ?? lab.id, sender: .member(try MemberID(name)), nonce: nonce,
            validUntil: MemberSession.now.advanced(byMilliseconds: validForMilliseconds),
            action: try action ?? invitation("guest"))
    }

    private static func invitation(_ name: String, title: String = "Guest") throws -> InviteMember {
        InviteMember(
            member: try MemberID(name), title: title,
            expires: MemberSession.now.advanced(byMilliseconds: 86_400_000))
    }

    private static func signed(
        _ payload: [UInt8], _ lab: SampleLab, type: String = Transaction.payloadType
    ) throws -> JSONValue {
        Envelope(signing: payload, as: type, with: try lab.member("north").signingKey).json
    }

    private static let bad: [Bad] = [
        Bad("an empty object", 400, "request.malformed") { _ in [:] },
        Bad("an array", 400, "request.malformed") { _ in [] },
        Bad("an envelope with a field too many", 400, "request.malformed") { lab in
            try signed(transaction(lab).payload, lab).adding("note", "hello")
        },
        Bad("a payload that is not base64", 400, "request.malformed") { lab in
            try signed(transaction(lab).payload, lab).adding("payload", "****")
        },
        Bad("no signature", 400, "request.malformed") { lab in
            Envelope(
                payloadType: Transaction.payloadType, payload: try transaction(lab).payload,
                signatures: []
            ).json
        },
        Bad("two signatures", 400, "transaction.signatures") { lab in
            let payload = try transaction(lab).payload
            let envelopes = try ["north", "south"].map {
                Envelope(
                    signing: payload, as: Transaction.payloadType,
                    with: try lab.member($0).signingKey)
            }
            return Envelope(
                payloadType: Transaction.payloadType, payload: payload,
                signatures: envelopes.flatMap(\.signatures)
            ).json
        },
        Bad("a payload of another type", 400, "transaction.payload_type") { lab in
            try signed(transaction(lab).payload, lab, type: Contribution.payloadType)
        },
        Bad("a payload that is not JSON", 400, "transaction.not_json") { lab in
            try signed(Array("invite me".utf8), lab)
        },
        Bad("an action that there is not", 400, "transaction.malformed") { lab in
            let payload = String(decoding: try transaction(lab).payload, as: UTF8.self)
            return try signed(
                Array(payload.replacing("member.invite", with: "member.invent").utf8), lab)
        },
        Bad("an input with a field too many", 400, "transaction.malformed") { lab in
            let payload = String(decoding: try transaction(lab).payload, as: UTF8.self)
            return try signed(
                Array(payload.replacing(#""input":{"#, with: #""input":{"also":1,"#).utf8), lab)
        },
        Bad("more than an entry holds", 413, "transaction.too_large") { lab in
            try signed([UInt8](repeating: 0x20, count: 50_000), lab)
        },
        Bad("more than a request holds", 413, "request.too_large") { lab in
            try signed([UInt8](repeating: 0x20, count: 200_000), lab)
        },
        Bad("a transaction for another lab", 422, "transaction.foreign_lab") { lab in
            let other = try SampleLab(seed: 2)
            return try signed(transaction(lab, lab: other.id).payload, lab)
        },
        Bad("a transaction for no lab", 422, "transaction.foreign_lab") { lab in
            try signed(transaction(lab, lab: .some(nil)).payload, lab)
        },
        Bad("a transaction that another has signed", 403, "transaction.wrong_signature") { lab in
            try signed(transaction(lab, by: "south").payload, lab)
        },
        Bad("a transaction in the coordinator's name", 403, "transaction.wrong_signature") { lab in
            let transaction = Transaction(
                lab: lab.id, sender: .coordinator, nonce: "a-nonce-of-its-own",
                validUntil: MemberSession.now.advanced(byMilliseconds: 60_000),
                action: CompleteJob(job: try JobID("job-1")))
            return try signed(transaction.payload, lab)
        },
        Bad("a transaction of nobody", 403, "transaction.unknown_sender") { lab in
            try signed(transaction(lab, by: "nobody").payload, lab)
        },
        Bad("a payload that was changed after signing", 403, "transaction.wrong_signature") { lab in
            let envelope = Envelope(
                signing: try transaction(lab).payload, as: Transaction.payloadType,
                with: try lab.member("north").signingKey)
            return Envelope(
                payloadType: envelope.payloadType,
                payload: try transaction(lab, nonce: "another-nonce").payload,
                signatures: envelope.signatures
            ).json
        },
        Bad("a transaction that has run out", 422, "transaction.expired") { lab in
            try signed(transaction(lab, validForMilliseconds: -60_000).payload, lab)
        },
        Bad("a transaction that holds for too long", 422, "transaction.lifetime") { lab in
            try signed(transaction(lab, validForMilliseconds: 100 * 86_400_000).payload, lab)
        },
        Bad("an action that a rule refuses", 404, "unknown") { lab in
            try signed(
                transaction(
                    lab, TakeContractAction(contract: ContractID("l-9"), action: "withdraw")
                )
                .payload,
                lab)
        },
        Bad("an action that is not the sender's", 403, "member.role") { lab in
            try signed(
                transaction(
                    lab,
                    RegisterCurrency(
                        currency: try #require(CurrencyCode("EUR")), title: "Euro", scale: 2)
                ).payload, lab)
        },
    ]

    @Test(
        "What may not stand on the ledger is refused by name, and the ledger is as it was",
        arguments: bad)
    func refused(_ bad: Bad) async throws {
        let folder = try TemporaryFolder()
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: []) { served in
            let before = await served.coordinator.snapshot
            let problem = await #expect(throws: Problem.self) {
                _ = try await served.client("north").post("/v1/transactions", bad.make(served.lab))
            }
            #expect(problem?.status == bad.status, "\(problem?.description ?? "")")
            #expect(problem?.code == bad.code, "\(problem?.description ?? "")")
            let after = await served.coordinator.snapshot
            #expect(after.replica.size == before.replica.size)
            let size = try served.coordinator.database.size()
            #expect(size == before.replica.head.size)
        }
    }

    @Test("A refusal by a rule says which rule, and the values that it saw")
    func refusalsAreExplained() async throws {
        let folder = try TemporaryFolder()
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: []) { served in
            let session = try served.session("north")
            _ = try await session.submit(try Self.invitation("guest"))
            let problem = await #expect(throws: Problem.self) {
                try await session.submit(try Self.invitation("south"))
            }
            #expect(problem?.status == 409)
            let refusal = try #require(problem?.refusal)
            #expect(refusal["code"]?.string == problem?.code)
            #expect(refusal["rule"]?.string?.isEmpty == false)
            #expect(String(describing: refusal["saw"]).contains("south"))
        }
    }

    @Test("A transaction that is handed in twice stands on the ledger once, also after a restart")
    func replayed() async throws {
        let folder = try TemporaryFolder()
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        let envelope = try Self.signed(Self.transaction(homes.lab).payload, homes.lab)
        for attempt in 0..<3 {
            try await homes.run(nodes: []) { served in
                let client = try served.client("north")
                if attempt == 0 { _ = try await client.post("/v1/transactions", envelope) }
                let size = try served.coordinator.database.size()
                let problem = await #expect(throws: Problem.self) {
                    _ = try await client.post("/v1/transactions", envelope)
                }
                #expect(problem?.status == 409)
                #expect(problem?.code == "transaction.replayed")
                #expect(try served.coordinator.database.size() == size)
            }
        }
    }

    @Test(
        "What is acknowledged is in a signed checkpoint on disk, with its receipt, for everyone at once"
    )
    func acknowledged() async throws {
        let folder = try TemporaryFolder()
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: []) { served in
            let session = try served.session("north")
            let receipts = try await withThrowingTaskGroup(of: JSONValue.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await session.submit(try Self.invitation("guest-\(number)"))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let database = served.coordinator.database
            let size = try #require(try database.checkpoint()).statement.head.size
            for receipt in receipts {
                let index = UInt64(try #require(receipt["index"]?.integer))
                #expect(index < size)
                let stored = try #require(try database.receipt(at: index))
                #expect(receipt == stored.adding("stage", "sequenced"))
            }
            #expect(Set(receipts.compactMap { $0["index"]?.integer }).count == 40)
            #expect(try database.check().difference == nil)
        }
    }
}
