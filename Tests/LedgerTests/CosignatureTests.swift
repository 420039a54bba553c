import Contracts
import Identity
import Ledger
import MerkleLog
import Testing

/// The coordinator gathers cosignatures, and believes none that it has not checked.
@Suite struct CosignatureTests {
    private static func ledger() throws -> TestLedger {
        var ledger = try TestLedger()
        try ledger.batch()
        return ledger
    }

    @Test("A quorum completes a certificate, exactly once")
    func completesOnce() throws {
        var ledger = try Self.ledger()
        var certificates: [UnverifiedCheckpoint] = []
        for name in ["di", "bo", "bo", "ada", "cy", "ada"] {
            let certificate = try ledger.sequencer.receive(
                [ledger.cosignature(of: name)], size: ledger.size, at: ledger.now)
            certificates += certificate.map { [$0] } ?? []
        }
        #expect(certificates == [try ledger.certificate(by: ["ada", "bo", "di"])])
        #expect(ledger.sequencer.certificate == certificates.last)
        #expect(ledger.replica.finality.certifiedSize == ledger.size)
    }

    @Test("A member counts once, however often it cosigns")
    func duplicates() throws {
        var ledger = try Self.ledger()
        for time in 0..<5 as Range<UInt64> {
            let lines = try ["ada", "bo"].map {
                try ledger.cosignature(of: $0, at: 1_767_225_601 + time)
            }
            let certificate = try ledger.sequencer.receive(
                lines + lines, size: ledger.size, at: ledger.now)
            #expect(certificate == nil)
        }
        let certificate = try #require(try ledger.cosign(["cy"]))
        #expect(certificate.note.signatures.count == 4, "the log's, and one of each member")
    }

    @Test("The quorum is more than enough to outvote a third that lies")
    func quorum() throws {
        for (members, needed) in [(1, 1), (2, 2), (3, 2), (4, 3), (7, 5)] {
            let names = (0..<members).map { "member-\($0)" }
            var ledger = try TestLedger(names)
            let before = try ledger.cosign(Array(names.prefix(needed - 1)))
            #expect(before == nil, "\(members) members")
            let certificate = try ledger.cosign([names[needed - 1]])
            #expect(certificate != nil, "\(members) members")
        }
    }

    @Test("Signatures of others, by other keys and over other checkpoints are refused")
    func refusals() throws {
        var ledger = try Self.ledger()
        let older = ledger.batches[0].batch.checkpoint
        let forged = try ledger.checkpoint(TreeHead(size: ledger.size, root: .leaf([1])))
        func name(_ member: String) throws -> KeyName {
            ledger.lab.origin.cosignerKeyName(of: try MemberID(member))
        }
        let cases: [(line: Cosignature, refusal: CosignatureRefusal)] = [
            (try ledger.cosignature(of: "eve"), .unknownCosigner(try name("eve"))),
            (
                try ledger.cosignature(of: "ada", with: Secrets("eve").cosigner),
                .unknownCosigner(try name("ada"))
            ),
            // The key that signs its transactions is no cosigner key.
            (
                try ledger.cosignature(of: "ada", with: Secrets("ada").signing),
                .unknownCosigner(try name("ada"))
            ),
            (
                Cosigner(name: try name("ada"), key: Secrets("bo").cosigner)
                    .cosign(ledger.sequencer.published.statement, at: 1),
                .unknownCosigner(try name("ada"))
            ),
            (try ledger.cosignature(of: "ada", under: older), .wrongSignature(try name("ada"))),
            (try ledger.cosignature(of: "ada", under: forged), .wrongSignature(try name("ada"))),
        ]
        for (line, refusal) in cases {
            #expect(throws: refusal) {
                _ = try ledger.sequencer.receive([line], size: ledger.size, at: ledger.now)
            }
        }
        // None of them counts.
        let certificate = try ledger.cosign(["bo", "cy"])
        #expect(certificate == nil)
    }

    @Test("A cosignature of a size that nobody waits for is passed over")
    func otherSizes() throws {
        var ledger = try Self.ledger()
        for size in [0, 1, ledger.size - 1, ledger.size + 1, .max] {
            for name in ["ada", "bo", "cy"] {
                let certificate = try ledger.sequencer.receive(
                    [ledger.cosignature(of: name)], size: size, at: ledger.now)
                #expect(certificate == nil)
            }
        }
        #expect(ledger.sequencer.certificate == nil)
        #expect(ledger.replica.finality.certifiedSize == 0)
    }

    @Test("An earlier checkpoint can be completed late, but not once a later one is")
    func order() throws {
        var ledger = try Self.ledger()
        let sizes = [ledger.batches[0].size, ledger.batches[1].size]
        let checkpoints = ledger.batches.map(\.batch.checkpoint)
        func receive(_ names: [String], _ place: Int) throws -> UnverifiedCheckpoint? {
            let lines = try names.map {
                try ledger.cosignature(of: $0, under: checkpoints[place])
            }
            return try ledger.sequencer.receive(lines, size: sizes[place], at: ledger.now)
        }
        #expect(try receive(["ada", "bo"], 1) == nil)
        #expect(try receive(["ada", "bo", "cy"], 0)?.statement.head.size == sizes[0])
        #expect(try receive(["cy"], 1)?.statement.head.size == sizes[1])
        #expect(try receive(["ada", "bo", "cy", "di"], 0) == nil)
        #expect(ledger.sequencer.certificate?.statement.head.size == sizes[1])
    }

    @Test("A batch that is not stored has no checkpoint that could be cosigned")
    func unstored() throws {
        var ledger = try Self.ledger()
        try ledger.submit()
        let cut = ledger.sequencer.cut(at: ledger.now)
        let batch = try #require(cut)
        let lines = try ["ada", "bo", "cy"].map {
            try ledger.cosignature(of: $0, under: batch.batch.checkpoint)
        }
        let early = try ledger.sequencer.receive(lines, size: batch.size, at: ledger.now)
        #expect(early == nil)
        ledger.sequencer.stored()
        let certificate = try ledger.sequencer.receive(lines, size: batch.size, at: ledger.now)
        #expect(certificate?.statement.head.size == batch.size)
    }

    @Test("Nodes that lag far behind are not waited for")
    func lag() throws {
        var ledger = try Self.ledger()
        let oldest = ledger.batches[1].batch.checkpoint
        for _ in 0..<256 {
            try ledger.batch()
        }
        let lines = try ["ada", "bo", "cy"].map { try ledger.cosignature(of: $0, under: oldest) }
        let certificate = try ledger.sequencer.receive(
            lines, size: oldest.statement.head.size, at: ledger.now)
        #expect(certificate == nil)
        let next = ledger.batches[2].batch.checkpoint
        let nextLines = try ["ada", "bo", "cy"].map { try ledger.cosignature(of: $0, under: next) }
        let second = try ledger.sequencer.receive(
            nextLines, size: next.statement.head.size, at: ledger.now)
        #expect(second != nil)
    }

    // MARK: - Changing members

    @Test("Until a change is certified twice, the old and the new quorum must both agree")
    func changeOfMembers() throws {
        var ledger = try TestLedger()
        try ledger.settle()
        try ledger.suspend("di")

        // The suspension itself is for the old set to certify, `di` included.
        let first = try #require(try ledger.cosign(["bo", "cy", "di"]))
        try ledger.cut()

        // Then both decide: two of the three that stay, and three of the four there were.
        var alone = ledger
        let ofThree = try alone.cosign(["ada", "bo"])
        #expect(ofThree == nil, "a quorum of the new set is not enough")
        let outgoing = try ledger.cosign(["ada", "di"])
        #expect(outgoing == nil)
        let second = try #require(try ledger.cosign(["cy"]))
        #expect(second.statement.head.size > first.statement.head.size)
        try ledger.cut()

        // And then the new set alone, in which `di` has no part.
        #expect(
            throws: CosignatureRefusal.unknownCosigner(
                ledger.lab.origin.cosignerKeyName(of: try MemberID("di")))
        ) {
            try ledger.cosign(["di"])
        }
        let third = try ledger.cosign(["ada", "cy"])
        #expect(third != nil)

        // Whoever executes the ledger counts the same.
        var replica = try ledger.replay()
        try replica.learn(certificate: try #require(third))
    }

    @Test("A certificate by those who have left is none")
    func formerMembers() throws {
        var ledger = try TestLedger()
        try ledger.settle()
        try ledger.suspend("di")
        try ledger.settle(["ada", "bo", "cy"])
        try ledger.batch()
        var replica = try ledger.replay()
        let quorum = Quorum(members: 3, faults: .third)
        #expect(
            throws: CertificateError.noQuorum(size: ledger.size, cosigned: 1, quorum: quorum)
        ) {
            try replica.learn(certificate: ledger.certificate(by: ["ada", "di"]))
        }
    }
}
