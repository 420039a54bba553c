import Contracts
import Encodings
import Identity
import Ledger
import MerkleLog
import MerkleMap
import Randomness
import Testing

@Suite struct ReplicaTests {
    // MARK: - Founding

    static let badFoundings:
        [(what: String, change: @Sendable (inout FoundingParts) throws -> Void, problem: String)] =
            [
                (
                    "a founder's signature is missing", { $0.signers = ["ada", "bo"] },
                    "a transaction has one signature, and this one 2"
                ),
                (
                    "a signature too many", { $0.signers = ["ada", "bo", "cy", "eve"] },
                    "a transaction has one signature, and this one 4"
                ),
                (
                    "somebody signs for a founder", { $0.signers = ["ada", "bo", "eve"] },
                    "the signature is not one of cy's present key"
                ),
                (
                    "a founder signs twice", { $0.signers = ["ada", "bo", "bo"] },
                    "the signature is not one of cy's present key"
                ),
                (
                    "the sender founds no lab", { $0.sender = "eve" },
                    "a transaction has one signature, and this one 3"
                ),
                (
                    "it names a lab",
                    { $0.lab = LabID(leafHash: [UInt8](repeating: 1, count: 32)) },
                    "the transaction is for the lab "
                ),
                (
                    "another action", { $0.action = LeaveLab() },
                    "the transaction is for the lab (none)"
                ),
                (
                    "another type of payload", { $0.payloadType = "application/json" },
                    "the payload type should be application/vnd.jointlab.transaction+json"
                ),
            ]

    struct FoundingParts {
        var founders = ["ada", "bo", "cy"]
        var signers = ["ada", "bo", "cy"]
        var sender = "ada"
        var lab: LabID?
        var action: (any LabAction)?
        var payloadType = Transaction.payloadType

        func entry() throws -> [UInt8] {
            let transaction = Transaction(
                lab: lab, sender: .member(try MemberID(sender)), nonce: "test-genesis",
                validUntil: TestLedger.start,
                action: try action ?? TestLedger.founding(founders))
            let signatures = signers.flatMap {
                Envelope(
                    signing: transaction.payload, as: payloadType, with: Secrets($0).signing
                ).signatures
            }
            let envelope = Envelope(
                payloadType: payloadType, payload: transaction.payload, signatures: signatures)
            return Entry(time: TestLedger.start, content: .genesis(envelope)).bytes
        }
    }

    @Test("A lab is founded by all its founders and nobody else", arguments: badFoundings)
    func foundings(
        what: String, change: @Sendable (inout FoundingParts) throws -> Void, problem: String
    ) throws {
        var parts = FoundingParts()
        #expect(throws: Never.self) { try Replica(genesis: parts.entry()) }
        try change(&parts)
        let error = #expect(throws: Misconduct.self, "\(what)") {
            try Replica(genesis: parts.entry())
        }
        let description = try #require(error?.description)
        #expect(
            description.hasPrefix("entry 0 does not found a lab: \(problem)"),
            "\(what): \(description)")
    }

    @Test("Two founders of one name or one key found nothing")
    func sharedKeys() throws {
        var parts = FoundingParts()
        parts.founders = ["ada", "bo", "ada"]
        parts.signers = ["ada", "bo", "ada"]
        let error = #expect(throws: Misconduct.self) { try Replica(genesis: parts.entry()) }
        #expect(error?.code == "misconduct.bad_genesis")
        #expect(error?.description.contains("already_exists") == true)
    }

    @Test("A ledger begins with its founding")
    func firstEntry() throws {
        let root = Entry(time: TestLedger.start, content: .state(root: MapHash(sha256: []))).bytes
        #expect(throws: Misconduct.badGenesis("it is of another kind")) {
            try Replica(genesis: root)
        }
        #expect(
            throws: Misconduct.malformedEntry(
                index: 0, .wrongShape(JSONShapeError(path: "time", problem: "is missing")))
        ) {
            try Replica(genesis: Array("{}".utf8))
        }
    }

    // MARK: - Executing

    @Test("Whoever executes the ledger comes to the coordinator's state, tree and tiles")
    func execution() throws {
        var ledger = try TestLedger()
        for count in [1, 7, 2, 300] {
            try ledger.batch(count)
            try ledger.settle()
            ledger.now = ledger.now.advanced(byMilliseconds: 1_000)
        }
        var replica = try Replica(genesis: ledger.entries[0])
        var index = 1
        for batch in ledger.batches {
            var receipts: [Receipt] = []
            for entry in batch.batch.entries.dropFirst(batch.batch.start == 0 ? 1 : 0) {
                #expect(replica.size == UInt64(index))
                let executed = try replica.execute(entry)
                index += 1
                if let receipt = executed.receipt { receipts.append(receipt) }

                let isLast = UInt64(index) == batch.size
                #expect((executed.batchEnd != nil) == isLast, "a batch ends with its last entry")
                #expect(replica.isAtBatchEnd == isLast)
                if let end = executed.batchEnd {
                    #expect(end.head == batch.batch.checkpoint.statement.head)
                    #expect(end.head == TreeFrontier(over: ledger.entries.prefix(index)).head)
                    #expect(end.tiles == batch.tiles)
                    #expect(end.stateRoot == replica.stateRoot)
                }
            }
            #expect(receipts.map(\.json) == batch.receipts.map(\.json))
        }
        #expect(replica.head == ledger.replica.head)
        #expect(replica.stateRoot == ledger.replica.stateRoot)
        #expect(replica.time == ledger.replica.time)
        #expect(replica.lab == ledger.replica.lab)
    }

    @Test("What the ledger itself says of certainty, everybody who executes it knows")
    func finalityFromLedger() throws {
        var ledger = try TestLedger()
        try ledger.batch()
        try ledger.settle()
        let replica = try ledger.replay()
        // The last certificate stands nowhere but in messages.
        #expect(replica.finality.certifiedSize < ledger.replica.finality.certifiedSize)
        #expect(replica.finality.stage(of: 2) == .certified)
        #expect(ledger.replica.finality.stage(of: 2) == .final)

        var learned = replica
        try learned.learn(certificate: try #require(ledger.sequencer.certificate))
        #expect(learned.finality.certifiedSize == ledger.size)
        #expect(learned.finality.finalSize == ledger.replica.finality.finalSize)
    }

    @Test("A transaction is refused as a whole, and leaves only its trace")
    func refusal() throws {
        var ledger = try TestLedger()
        let signed = try ledger.signed(
            TakeContractAction(contract: ContractID("none"), action: "accept"), by: "ada")
        let before = ledger.replica
        var (tried, untouched) = (before, before)
        let result = try tried.add(signed, at: ledger.now)
        #expect(throws: Refusal.self) { _ = try result.get() }
        #expect(tried.size == before.size)
        #expect(tried.addState(at: ledger.now).entry == untouched.addState(at: ledger.now).entry)

        // On the ledger it stands as refused, and the root says so.
        var other = before
        let executed = try other.execute(ledger.entry(.transaction(signed.envelope)))
        #expect(executed.receipt?.refusal?.code == .unknown)
        #expect(other.size == before.size + 1)
        let root = other.addState(at: ledger.now).end.stateRoot
        #expect(root != tried.stateRoot)
    }

    @Test("Time on the ledger never goes back, whatever the coordinator's clock does")
    func monotone() throws {
        var ledger = try TestLedger()
        var times: [Timestamp] = []
        for step in [0, 5_000, -60_000, 1, -1_000_000] as [Int64] {
            ledger.now = TestLedger.start.advanced(byMilliseconds: step)
            let invitation = InviteMember(
                member: try MemberID("guest"), title: "Guest",
                expires: TestLedger.start.advanced(byMilliseconds: 60_000))
            // It must still be valid when the ledger's time is ahead of the clock.
            let valid = ledger.now
            ledger.now = TestLedger.start.advanced(byMilliseconds: 5_000)
            let signed = try ledger.signed(invitation, by: "ada")
            ledger.now = valid
            _ = try ledger.sequencer.submit(signed, at: ledger.now).get()
            try ledger.cut()
            times += try ledger.entries.suffix(2).map { try Entry(parsing: $0).time }
        }
        #expect(times == times.sorted())
        #expect(times.last == TestLedger.start.advanced(byMilliseconds: 5_000))
        #expect(try ledger.replay().head == ledger.replica.head)
    }

    // MARK: - The authenticated state

    @Test("A row of the state can be shown to somebody who knows only its root")
    func stateProofs() throws {
        var ledger = try TestLedger()
        try ledger.batch()
        let root = ledger.replica.stateRoot
        for key in ["lab", "member/ada", "cosigners", "invitation/guest-1"] {
            let row = try #require(ledger.replica.state.row(at: key), "\(key)")
            let proof = ledger.replica.stateProof(of: key)
            #expect(
                try proof.value(of: MapHash(sha256: Array(key.utf8)), under: root)
                    == MapHash(sha256: row.canonicalBytes), "\(key)")
        }
        let absent = "member/eve"
        #expect(
            try ledger.replica.stateProof(of: absent)
                .value(of: MapHash(sha256: Array(absent.utf8)), under: root) == nil)

        try ledger.batch()
        let newer = ledger.replica.stateProof(of: "outcomes")
        #expect(throws: MapProofError.self) {
            try newer.value(of: MapHash(sha256: Array("outcomes".utf8)), under: root)
        }
    }

    // MARK: - Certificates

    @Test("Certificates go on the ledger as long as they make something final, and then no more")
    func needed() throws {
        var ledger = try TestLedger()
        #expect(ledger.replica.needsCertificate(size: ledger.size), "the founding")
        try ledger.settle()
        #expect(!ledger.replica.needsCertificate(size: ledger.size))
        let quiet = ledger.size
        try ledger.settle()
        #expect(ledger.size == quiet)

        try ledger.batch()
        #expect(ledger.replica.needsCertificate(size: ledger.size))
        #expect(!ledger.replica.needsCertificate(size: quiet), "it is covered")
        #expect(!ledger.replica.needsCertificate(size: ledger.size + 1), "no batch ends there")
        try ledger.settle()
        #expect(ledger.replica.finality.stage(of: quiet) == .final)
    }

    @Test("A certificate that is learned must be a good one, and a bad one changes nothing")
    func learning() throws {
        var ledger = try TestLedger()
        try ledger.batch()
        var replica = try ledger.replay()
        let before = replica.finality
        let quorum = Quorum(members: 4, faults: .third)
        #expect(
            throws: CertificateError.noQuorum(size: ledger.size, cosigned: 2, quorum: quorum)
        ) {
            try replica.learn(certificate: ledger.certificate(by: ["ada", "di"]))
        }
        let wrong = try ledger.checkpoint(TreeHead(size: ledger.size, root: .leaf([1])))
        #expect(
            throws: CertificateError.wrongRoot(
                claimed: .leaf([1]), computed: ledger.replica.head.root)
        ) {
            try replica.learn(certificate: ledger.certificate(wrong, by: ["ada", "bo", "cy"]))
        }
        let middle = try ledger.checkpoint(
            TreeFrontier(over: ledger.entries.dropLast()).head)
        #expect(throws: CertificateError.unknownSize(ledger.size - 1)) {
            try replica.learn(certificate: ledger.certificate(middle, by: ["ada", "bo", "cy"]))
        }
        #expect(replica.finality == before)

        try replica.learn(certificate: ledger.certificate(by: ["bo", "cy", "di"]))
        #expect(replica.finality.certifiedSize == ledger.size)
    }

    @Test("A checkpoint without its quorum is not taken for a certificate of what is certified")
    func uncertifiedAgain() throws {
        var ledger = try TestLedger()
        try ledger.batch()
        var replica = try ledger.replay()
        try replica.learn(certificate: ledger.certificate(by: ["ada", "bo", "cy"]))
        let quorum = Quorum(members: 4, faults: .third)
        #expect(
            throws: CertificateError.noQuorum(size: ledger.size, cosigned: 0, quorum: quorum)
        ) {
            try replica.learn(certificate: ledger.sequencer.published)
        }
    }
}
