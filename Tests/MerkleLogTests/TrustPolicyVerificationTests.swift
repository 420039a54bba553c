import MerkleLog
import Testing

@Suite struct TrustPolicyVerificationTests {
    private let signer: NoteSigner
    private let witnesses: [String: Cosigner]
    private let checkpoint: Checkpoint

    init() throws {
        signer = try TestKeys.signer("log.example")
        witnesses = try Dictionary(
            uniqueKeysWithValues: ["X1", "X2", "X3", "Y1", "Y2", "Y3"].map {
                ($0, try TestKeys.cosigner($0))
            })
        checkpoint = try Checkpoint(
            origin: #require(LogOrigin("log.example")),
            head: TreeHead(size: 3, root: .leaf([3])))
    }

    /// The example of C2SP tlog-policy: two of X, any of Y.
    private var policy: TrustPolicy {
        get throws {
            try policy(
                "group X 2 X1 X2 X3\ngroup Y any Y1 Y2 Y3\ngroup both all X Y\nquorum both\n")
        }
    }

    private func policy(_ rules: String) throws -> TrustPolicy {
        let lines = witnesses.map { "witness \($0.key) \($0.value.verifierKey)\n" }.sorted()
        return try TrustPolicy(
            parsing: Array("log \(signer.verifierKey)\n\(lines.joined())\(rules)".utf8))
    }

    private func cosigned(by names: [String], at timestamp: UInt64 = 1_000) throws
        -> UnverifiedCheckpoint
    {
        try UnverifiedCheckpoint(checkpoint, signedBy: signer).adding(
            names.map { try #require(witnesses[$0]).cosign(checkpoint, at: timestamp) })
    }

    @Test("The quorum is met exactly by the sets of witnesses that the policy means")
    func everySet() throws {
        let policy = try policy
        let names = witnesses.keys.sorted()
        for bits in 0..<64 {
            let set = names.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element)
            let isQuorum =
                set.count { $0.hasPrefix("X") } >= 2 && set.contains { $0.hasPrefix("Y") }
            let verified = try? policy.verify(cosigned(by: set))
            #expect((verified != nil) == isQuorum, "\(set)")
            if let verified {
                #expect(verified.cosigners == Set(set.compactMap { PolicyWord($0) }))
                #expect(verified.checkpoint == checkpoint)
                #expect(verified.log.key == signer.verifierKey)
            }
        }
    }

    @Test("A quorum that is not met is named, with those who cosigned")
    func quorumNotMet() throws {
        let both = try #require(PolicyWord("both"))
        let cosigners = ["X1", "Y2"].compactMap { PolicyWord($0) }
        #expect(
            throws: CheckpointVerificationError.quorumNotMet(both, cosigners: cosigners)
        ) {
            try policy.verify(cosigned(by: ["Y2", "X1"]))
        }
        #expect(
            "\(CheckpointVerificationError.quorumNotMet(both, cosigners: cosigners))"
                == #"the quorum "both" is not met: only "X1", "Y2" cosigned"#)
    }

    @Test("A witness that cosigns twice counts once, with its newest time")
    func twice() throws {
        let twice = try cosigned(by: ["X1"], at: 2_000).adding(
            [1_000, 1_500].map { try #require(witnesses["X1"]).cosign(checkpoint, at: $0) })
        #expect(throws: CheckpointVerificationError.self) { try policy.verify(twice) }

        let verified = try policy("quorum X1\n").verify(twice)
        #expect(verified.cosignings.map(\.timestamp) == [2_000])
        #expect(verified.cosignings.map(\.witness.description) == ["X1"])
    }

    @Test("The log must have signed, whoever cosigned")
    func logSignature() throws {
        let cosigned = try cosigned(by: ["X1", "X2", "Y1"])
        let unsigned = try UnverifiedCheckpoint(
            SignedNote(cosigned.note.text, signatures: Array(cosigned.note.signatures.dropFirst())))
        #expect(throws: CheckpointVerificationError.notSignedByLog(checkpoint.origin)) {
            try policy.verify(unsigned)
        }
        #expect(throws: CheckpointVerificationError.notSignedByLog(checkpoint.origin)) {
            try policy("quorum none\n").verify(unsigned)
        }
        #expect(throws: Never.self) {
            try policy("quorum none\n").verify(
                UnverifiedCheckpoint(checkpoint, signedBy: signer))
        }
    }

    @Test("One log cannot sign for another, though the policy knows both")
    func otherLog() throws {
        let other = try TestKeys.signer("other.example")
        let policy = try TrustPolicy(
            logs: [.init(key: signer.verifierKey), .init(key: other.verifierKey)],
            witnesses: [], groups: [], quorum: .noWitness)
        #expect(throws: CheckpointVerificationError.notSignedByLog(checkpoint.origin)) {
            try policy.verify(UnverifiedCheckpoint(checkpoint, signedBy: other))
        }
        // Signed by both it is the first one's.
        let both = try SignedNote(
            checkpoint.text,
            signatures: [other, signer].map { $0.signature(of: checkpoint.text) })
        #expect(try policy.verify(both).log.key == signer.verifierKey)
    }

    @Test("A log may have two keys, and either is enough")
    func twoLogKeys() throws {
        let name = signer.verifierKey.name
        let next = NoteSigner(name: name, key: try TestKeys.key("next"))
        let policy = try TrustPolicy(
            logs: [.init(key: signer.verifierKey), .init(key: next.verifierKey)],
            witnesses: [], groups: [], quorum: .noWitness)
        for signer in [signer, next] {
            let verified = try policy.verify(UnverifiedCheckpoint(checkpoint, signedBy: signer))
            #expect(verified.log.key == signer.verifierKey)
        }
    }

    @Test("A log that the policy does not have is refused by its origin")
    func unknownLog() throws {
        let origin = try #require(LogOrigin("nobody.example"))
        let stranger = try Checkpoint(origin: origin, head: checkpoint.head)
        #expect(throws: CheckpointVerificationError.unknownLog(origin)) {
            try policy.verify(UnverifiedCheckpoint(stranger, signedBy: signer))
        }
        let nothing = try TrustPolicy(logs: [], witnesses: [], groups: [], quorum: .noWitness)
        #expect(throws: CheckpointVerificationError.unknownLog(checkpoint.origin)) {
            try nothing.verify(cosigned(by: []))
        }
    }

    @Test("A bad cosignature by a witness of the policy spoils a checkpoint that has its quorum")
    func badCosignature() throws {
        let other = try Checkpoint(
            origin: checkpoint.origin, head: TreeHead(size: 4, root: .leaf([4])))
        let wrong = try #require(witnesses["X3"]).cosign(other, at: 1_000)
        let spoilt = try cosigned(by: ["X1", "X2", "Y1"]).adding([wrong])
        let name = try #require(KeyName("X3"))
        #expect(throws: CheckpointVerificationError.note(.badSignature(line: 9, by: name))) {
            try policy.verify(spoilt)
        }
    }

    @Test("Strangers' cosignatures count for nothing, and an audit may refuse them")
    func strangers() throws {
        let stranger = try TestKeys.cosigner("stranger")
        let checkpointWithStranger = try cosigned(by: ["X1", "X2"]).adding([
            stranger.cosign(checkpoint, at: 1_000)
        ])
        #expect(throws: CheckpointVerificationError.self) {
            try policy.verify(checkpointWithStranger)
        }
        let complete = try checkpointWithStranger.adding([
            #require(witnesses["Y1"]).cosign(checkpoint, at: 1_000)
        ])
        #expect(try policy.verify(complete).unknownSignatures.map(\.line) == [8])
        #expect(throws: CheckpointVerificationError.self) {
            try policy.verify(complete, unknownSignatures: .refused)
        }
    }

    @Test("A note that is no checkpoint is refused as such")
    func noCheckpoint() throws {
        let text = try NoteText("hello\n")
        let note = try SignedNote(text, signatures: [signer.signature(of: text)])
        #expect(throws: CheckpointVerificationError.notACheckpoint(.tooFewLines(1))) {
            try policy.verify(note)
        }
    }

    /// FiloSottile/sunlight, cmd/skylight/testdata (ISC licence). The mirror's own key stands for
    /// the log's, which has a type that we do not verify.
    @Test("A published cosigned checkpoint satisfies a policy")
    func publishedCheckpoint() throws {
        let mirror = "mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O"
        let origin = try #require(KeyName("rome2026h1.example.org"))
        let log = NoteSigner(name: origin, key: try TestKeys.key("a log"))
        let policy = try TrustPolicy(
            parsing: Array(
                "log \(log.verifierKey)\nwitness m \(mirror)\nquorum m\n".utf8))
        let published = try SignedNote(parsing: Array(PublishedNotes.mirrored.utf8))
        let signed = try published.adding([log.signature(of: published.text)])
        let verified = try policy.verify(signed)
        #expect(verified.cosignings.map(\.timestamp) == [1_767_139_200])
        #expect(verified.head.size == 300)
    }
}
