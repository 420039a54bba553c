import Contracts
import Encodings
import Identity
import Testing

/// Notes call a cosigner key by four bytes of a hash. Two keys of one member with the same four
/// bytes would stop a lab for good, and are found in seconds: these two took 66,815 attempts.
@Suite struct KeyNumberTests {
    private let first: SigningKey
    private let second: SigningKey
    private let ada: MemberID

    init() throws {
        first = try SigningKey(
            seed: try #require(
                Hex.decode("cce1822194d3629a57f6b6f17c7d99df6564b98ddcbcd0d0d8ca7cdfe9ea61f5")))
        second = try SigningKey(
            seed: try #require(
                Hex.decode("f0890a37dcb5fa8d52fa5e6bcd9c366158f5bc75de9812f984ff1025be262d31")))
        ada = try MemberID("ada")
    }

    private func lab() throws -> TestLab {
        var lab = try TestLab()
        try lab.apply(rotation(to: first), by: "ada")
        return lab
    }

    private func rotation(to cosigner: SigningKey) -> RotateKeys {
        RotateKeys(
            signing: TestLab.MemberSecrets("ada").signing, cosigner: cosigner, member: ada,
            lab: TestLab.id)
    }

    @Test("The two keys share their number")
    func numbersCollide() throws {
        let origin = try lab().state.lab.origin
        let numbers = [first, second].map { origin.cosignerKeyNumber(of: ada, $0.publicKey) }
        #expect(numbers.map(Hex.encode) == ["a0f80b71", "a0f80b71"])
    }

    @Test("A member cannot rotate to a key with the number of its present one")
    func rotationIsRefused() throws {
        var lab = try lab()
        #expect(
            try lab.refusal(of: rotation(to: second), by: "ada")
                == "already_exists: the rule is `no two cosigner keys of a member share a number in "
                + "notes`; member is ada, number is a0f80b71")
        // The same key again is no other key.
        try lab.apply(rotation(to: first), by: "ada")
    }

    @Test("Nor to one with the number of a key that certificates still need")
    func outgoingKeysCount() throws {
        var lab = try lab()
        lab.certify()
        let third = TestLab.MemberSecrets("ada's third").cosigner
        try lab.apply(rotation(to: third), by: "ada")
        lab.endBatch()
        #expect(
            try lab.refusal(of: rotation(to: second), by: "ada")?.hasPrefix("already_exists")
                == true)
    }

    @Test("Nor does it come back from a suspension with such a key")
    func reinstatementIsRefused() throws {
        var lab = try lab()
        lab.endBatch()
        try lab.apply(OpenProposal(change: .suspend(ada)), by: "bo")
        try lab.pass("p-1", by: ["bo", "cy", "di", "ed"])
        let keys = MemberKeys(
            signing: TestLab.MemberSecrets("ada again").signing.publicKey,
            cosigner: second.publicKey)
        try lab.apply(OpenProposal(change: .reinstate(ada, keys: keys)), by: "bo")
        try lab.pass("p-2", by: ["bo", "cy"])
        #expect(
            try lab.refusal(
                of: CastVote(proposal: try ProposalID("p-2"), approves: true), by: "di")?
                .hasPrefix("already_exists") == true)
    }
}
