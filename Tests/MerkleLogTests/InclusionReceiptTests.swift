import Encodings
import MerkleLog
import Testing

@Suite struct InclusionReceiptTests {
    private static let header = "c2sp.org/tlog-proof@v1\n"
    private static let hash = TreeHash.leaf([1]).base64
    private static let checkpoint = PublishedNotes.cosigned

    /// The cases of transparency-dev/formats, proof/tlog_proof_test.go (Apache-2.0), with a
    /// checkpoint that is one.
    @Test(
        "A receipt is read, and printed as it was",
        arguments: [
            (header + "index 5\n\(hash)\n\(hash)\n\n" + checkpoint, nil, 5, 2),
            (
                header + "extra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n\(hash)\n\n" + checkpoint,
                "extra information", 10, 1
            ),
            (header + "index 0\n\n" + checkpoint, nil, 0, 0),
            (header + "extra \nindex 18446744073709551615\n\n" + checkpoint, "", .max, 0),
        ] as [(String, String?, UInt64, Int)])
    func roundTrip(text: String, extra: String?, index: UInt64, hashes: Int) throws {
        let receipt = try InclusionReceipt(parsing: Array(text.utf8))
        #expect(receipt.description == text)
        #expect(receipt.bytes == Array(text.utf8))
        #expect(receipt.extra == extra.map { Array($0.utf8) })
        #expect(receipt.index == index)
        #expect(receipt.proof.hashes == Array(repeating: .leaf([1]), count: hashes))
        #expect(receipt.checkpoint.description == Self.checkpoint)
    }

    @Test(
        "What is no receipt is refused, with reason and line",
        arguments: [
            ("", .wrongHeader),
            ("wrong-header\nindex 0\n\n" + checkpoint, .wrongHeader),
            (" " + header + "index 0\n\n" + checkpoint, .wrongHeader),
            (header.dropLast() + "\r\nindex 0\n\n" + checkpoint, .wrongHeader),
            (header, .missingCheckpoint),
            (header + "index 0\n", .missingCheckpoint),
            (
                header + "index 0\n" + String(repeating: "a", count: 65 * 1024) + "\n",
                .missingCheckpoint
            ),
            (header + "extra !!notbase64!!\nindex 0\n\n" + checkpoint, .badExtra),
            (header + "extra ZXh0cmE\nindex 0\n\n" + checkpoint, .badExtra),
            (header + "\n" + checkpoint, .badIndex(line: 2)),
            (header + "extra ZXh0cmE=\n\n" + checkpoint, .badIndex(line: 3)),
            (
                header + "extra ZXh0cmE=\nextra ZXh0cmE=\nindex 0\n\n" + checkpoint,
                .badIndex(line: 3)
            ),
            (header + "index 0\nextra ZXh0cmE=\n\n" + checkpoint, .badHash(line: 3)),
            (header + "index notanumber\n\n" + checkpoint, .badIndex(line: 2)),
            (header + "index -5\n\n" + checkpoint, .badIndex(line: 2)),
            (header + "index 05\n\n" + checkpoint, .badIndex(line: 2)),
            (header + "index  5\n\n" + checkpoint, .badIndex(line: 2)),
            (header + "index \n\n" + checkpoint, .badIndex(line: 2)),
            (header + "index 18446744073709551616\n\n" + checkpoint, .badIndex(line: 2)),
            (header + "index 0\n!!notbase64!!\n\n" + checkpoint, .badHash(line: 3)),
            (header + "index 0\n\(hash)\n\(hash) \n\n" + checkpoint, .badHash(line: 4)),
            (
                header + "index 0\n" + Base64.encode([UInt8](repeating: 0, count: 64)) + "\n\n"
                    + checkpoint, .badHash(line: 3)
            ),
            (
                header + "index 0\n" + String(repeating: hash + "\n", count: 65) + "\n"
                    + checkpoint,
                .tooManyHashes(65)
            ),
            (header + "index 0\n\nno checkpoint\n", .checkpoint(.note(.noSignature))),
            (header + "index 0\n\n\n" + checkpoint, .checkpoint(.checkpoint(.emptyLine(1)))),
            (
                header + "index 0\n\n" + PublishedNotes.example,
                .checkpoint(.checkpoint(.tooFewLines(1)))
            ),
        ] as [(String, InclusionReceiptError)])
    func malformedReceipts(text: String, error: InclusionReceiptError) {
        #expect(throws: error) { try InclusionReceipt(parsing: Array(text.utf8)) }
    }

    @Test("A receipt has a largest size, and one that is made keeps to it too")
    func limits() throws {
        let checkpoint = try UnverifiedCheckpoint(parsing: Array(Self.checkpoint.utf8))
        let most = InclusionProof(Array(repeating: .empty, count: 64))
        let extra = [UInt8](repeating: 0, count: InclusionReceipt.extraByteCountMax)
        let receipt = try InclusionReceipt(
            index: 1, proof: most, checkpoint: checkpoint, extra: extra)
        #expect(try InclusionReceipt(parsing: receipt.bytes) == receipt)

        #expect(throws: InclusionReceiptError.tooManyHashes(65)) {
            try InclusionReceipt(
                index: 1, proof: InclusionProof(most.hashes + [.empty]), checkpoint: checkpoint)
        }
        #expect(throws: InclusionReceiptError.extraTooLarge(65_536)) {
            try InclusionReceipt(
                index: 1, proof: most, checkpoint: checkpoint, extra: extra + [0])
        }
        let large = [UInt8](repeating: 0x61, count: InclusionReceipt.byteCountMax + 1)
        #expect(throws: InclusionReceiptError.tooLarge(large.count)) {
            try InclusionReceipt(parsing: large)
        }
    }
}

/// A log with two witnesses, and a receipt for each of its entries.
@Suite struct ReceiptVerificationTests {
    private let entries = (0..<300).map { Array("entry \($0)".utf8) }
    private let tree: StoredTree
    private let checkpoint: UnverifiedCheckpoint
    private let policy: TrustPolicy

    init() throws {
        tree = MemoryTiles(over: entries.map { TreeHash.leaf($0) }).tree
        let signer = try TestKeys.signer("log.example")
        let witnesses = try ["w1.example", "w2.example"].map(TestKeys.cosigner)
        let statement = try Checkpoint(
            origin: #require(LogOrigin("log.example")), head: tree.head(at: 300))
        checkpoint = try UnverifiedCheckpoint(statement, signedBy: signer).adding(
            witnesses.map { $0.cosign(statement, at: 1_000) })
        policy = try TrustPolicy(
            logs: [.init(key: signer.verifierKey)],
            witnesses: witnesses.map {
                .init(name: try #require(PolicyWord("\($0.verifierKey.name)")), key: $0.verifierKey)
            },
            groups: [
                .init(
                    name: #require(PolicyWord("both")), threshold: .all,
                    parts: witnesses.map { try #require(PolicyWord("\($0.verifierKey.name)")) })
            ],
            quorum: .of(#require(PolicyWord("both"))))
    }

    @Test("A receipt shows that its entry stands on the log", arguments: [0, 1, 255, 256, 299])
    func goodReceipt(index: Int) throws {
        let receipt = try InclusionReceipt(parsing: receipt(for: index).bytes)
        let verified = try receipt.verify(entries[index], by: policy, unknownSignatures: .refused)
        #expect(verified.entry == entries[index])
        #expect(verified.index == UInt64(index))
        #expect(verified.checkpoint.head.size == 300)
        #expect(verified.checkpoint.cosigners.count == 2)
    }

    @Test("A receipt holds for one entry and one index")
    func otherEntry() throws {
        let receipt = try receipt(for: 7)
        #expect(throws: ReceiptVerificationError.self) {
            try receipt.verify(entries[8], by: policy)
        }
        let moved = try InclusionReceipt(
            index: 8, proof: receipt.proof, checkpoint: checkpoint)
        #expect(throws: ReceiptVerificationError.self) {
            try moved.verify(entries[7], by: policy)
        }
        let outside = try InclusionReceipt(
            index: 300, proof: receipt.proof, checkpoint: checkpoint)
        #expect(
            throws: ReceiptVerificationError.inclusion(
                .indexOutside(index: 300, start: 0, end: 300))
        ) {
            try outside.verify(entries[7], by: policy)
        }
    }

    @Test("The extra data proves nothing and spoils nothing")
    func extra() throws {
        let good = try receipt(for: 7)
        let receipt = try InclusionReceipt(
            index: 7, proof: good.proof, checkpoint: checkpoint, extra: [1, 2, 3])
        #expect(throws: Never.self) { try receipt.verify(entries[7], by: policy) }
    }

    @Test("A receipt is worth what its checkpoint is worth")
    func otherCheckpoint() throws {
        let receipt = try receipt(for: 7)
        let uncosigned = try InclusionReceipt(
            index: 7, proof: receipt.proof,
            checkpoint: UnverifiedCheckpoint(
                checkpoint.statement, signedBy: TestKeys.signer("log.example")))
        #expect(
            throws: ReceiptVerificationError.checkpoint(
                .quorumNotMet(try #require(PolicyWord("both")), cosigners: []))
        ) {
            try uncosigned.verify(entries[7], by: policy)
        }
    }

    @Test("An audit may refuse a receipt with a stranger's cosignature")
    func stranger() throws {
        let stranger = try TestKeys.cosigner("stranger")
        let receipt = try InclusionReceipt(
            index: 7, proof: receipt(for: 7).proof,
            checkpoint: checkpoint.adding([stranger.cosign(checkpoint.statement, at: 1_000)]))
        #expect(throws: Never.self) { try receipt.verify(entries[7], by: policy) }
        #expect(throws: ReceiptVerificationError.self) {
            try receipt.verify(entries[7], by: policy, unknownSignatures: .refused)
        }
    }

    @Test("A receipt in which a byte was changed is refused, or says the same")
    func everyByteCounts() throws {
        let receipt = try receipt(for: 7)
        var refused = 0
        for index in receipt.bytes.indices {
            var bytes = receipt.bytes
            bytes[index] ^= 1
            guard let changed = try? InclusionReceipt(parsing: bytes) else {
                refused += 1
                continue
            }
            #expect(throws: ReceiptVerificationError.self, "byte \(index)") {
                try changed.verify(entries[7], by: policy)
            }
        }
        #expect(refused > 0)
    }

    private func receipt(for index: Int) throws -> InclusionReceipt {
        try InclusionReceipt(
            index: UInt64(index), proof: tree.inclusionProof(of: UInt64(index), at: 300),
            checkpoint: checkpoint)
    }
}
