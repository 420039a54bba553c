import MerkleLog
import Randomness
import Testing

/// Everything that reads bytes from outside, fed with damaged good examples. Whatever a parser
/// accepts, it prints back the same.
@Suite struct ParserPropertyTests {
    @Test("A note that is accepted is printed as it came", arguments: 0..<20 as Range<UInt64>)
    func notes(seed: UInt64) {
        let accepted = damage(PublishedNotes.all.map { Array($0.utf8) }, seed: seed) { bytes in
            (try? SignedNote(parsing: bytes))?.bytes
        }
        #expect(accepted > 0)
    }

    @Test("A checkpoint that is accepted is printed as it came", arguments: 0..<20 as Range<UInt64>)
    func checkpoints(seed: UInt64) {
        let examples = [PublishedNotes.cosigned, PublishedNotes.witnessed]
        let notes = damage(examples.map { Array($0.utf8) }, seed: seed) { bytes in
            (try? UnverifiedCheckpoint(parsing: bytes))?.bytes
        }
        let texts = damage(
            [Array("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nb\n".utf8)], seed: seed
        ) {
            bytes in
            (try? NoteText(bytes)).flatMap { try? Checkpoint(parsing: $0) }?.text.bytes
        }
        #expect(notes > 0)
        #expect(texts > 0)
    }

    @Test("A receipt that is accepted is printed as it came", arguments: 0..<20 as Range<UInt64>)
    func receipts(seed: UInt64) {
        let hash = TreeHash.leaf([1]).base64
        let examples = [
            "c2sp.org/tlog-proof@v1\nindex 10\n\(hash)\n\(hash)\n\n" + PublishedNotes.cosigned,
            "c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 0\n\n" + PublishedNotes.mirrored,
        ]
        let accepted = damage(examples.map { Array($0.utf8) }, seed: seed) { bytes in
            (try? InclusionReceipt(parsing: bytes))?.bytes
        }
        #expect(accepted > 0)
    }

    @Test(
        "A list of signatures that is accepted is printed as it came",
        arguments: 0..<20 as Range<UInt64>)
    func signatures(seed: UInt64) {
        let example = PublishedNotes.cosigned.split(separator: "\n\n")[1]
        let accepted = damage([Array(example.utf8)], seed: seed) { bytes in
            (try? NoteSignature.list(parsing: bytes))?.flatMap { Array($0.line.utf8) }
        }
        #expect(accepted > 0)
    }

    @Test("A key that is accepted is printed as it came", arguments: 0..<20 as Range<UInt64>)
    func keys(seed: UInt64) {
        let examples = [
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "foo+00000001+A4A=",
        ]
        let accepted = damage(examples.map { Array($0.utf8) }, seed: seed) { bytes in
            String(validating: bytes, as: UTF8.self)
                .flatMap { try? NoteVerifierKey(parsing: $0) }
                .map { Array($0.text.utf8) }
        }
        #expect(accepted > 0)
    }

    @Test("A path that is accepted is printed as it came", arguments: 0..<20 as Range<UInt64>)
    func paths(seed: UInt64) {
        let examples = [
            "tile/0/000", "tile/63/x001/x234/067.p/89", "tile/7/x018/x446/x744/x073/x709/x551/615",
        ]
        let tiles = damage(examples.map { Array($0.utf8) }, seed: seed) { bytes in
            (try? TileCoordinate(path: String(decoding: bytes, as: UTF8.self)))
                .map { Array($0.path.utf8) }
        }
        let bundles = damage(["tile/entries/x001/000.p/255"].map { Array($0.utf8) }, seed: seed) {
            bytes in
            (try? EntryBundleCoordinate(path: String(decoding: bytes, as: UTF8.self)))
                .map { Array($0.path.utf8) }
        }
        #expect(tiles > 0)
        #expect(bundles > 0)
    }

    @Test("A bundle that is accepted is printed as it came", arguments: 0..<20 as Range<UInt64>)
    func bundles(seed: UInt64) {
        let examples: [[UInt8]] = [
            [0, 3, 1, 2, 3, 0, 0, 0, 1, 9], Array(repeating: 0, count: 512),
        ]
        let accepted = damage(examples, seed: seed) { bytes in
            (try? EntryBundle(content: bytes))?.content
        }
        #expect(accepted > 0)
    }

    @Test(
        "A policy that is accepted means the same when it is printed",
        arguments: 0..<20 as Range<UInt64>)
    func policies(seed: UInt64) throws {
        let witnesses = try ["a", "b", "c"].map { name in
            "witness \(name) \(try TestKeys.cosigner(name).verifierKey) https://\(name)/\n"
        }
        let example =
            "# the policy\nlog \(try TestKeys.signer("l").verifierKey)\n\(witnesses.joined())"
            + "group g 2 a b\ngroup h all g c\nquorum h\n"
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<200 {
            guard let policy = try? TrustPolicy(parsing: random.damage(Array(example.utf8))) else {
                continue
            }
            accepted += 1
            let printed = try TrustPolicy(parsing: policy.text)
            #expect(printed == policy, "seed \(seed)")
            #expect(printed.text == policy.text, "seed \(seed)")
        }
        #expect(accepted > 0)
    }

    /// Damages examples many times, and compares what is accepted with what `read` printed of it.
    ///
    /// - Returns: How many were accepted.
    private func damage(
        _ examples: [[UInt8]], seed: UInt64, read: ([UInt8]) -> [UInt8]?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> Int {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for example in examples {
            #expect(read(example) == example, sourceLocation: sourceLocation)
            for _ in 0..<300 {
                let damaged = random.damage(example)
                guard let printed = read(damaged) else { continue }
                accepted += 1
                #expect(
                    printed == damaged,
                    "seed \(seed): \(String(decoding: damaged, as: UTF8.self))",
                    sourceLocation: sourceLocation)
            }
        }
        return accepted
    }
}

extension SeededRandom {
    /// Changes, drops, doubles or moves a few bytes, most of them to others that formats use.
    fileprivate mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        let telling = Array("\n\n  \t\r+-.=/#x0129aA—\u{A0}".utf8) + [0x00, 0x80, 0xFF]
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) {
            let index = Int.random(in: 0..<bytes.count, using: &self)
            let end = min(bytes.count, index + .random(in: 1...8, using: &self))
            let byte = telling.randomElement(using: &self) ?? 0
            switch Int.random(in: 0..<7, using: &self) {
            case 0: bytes[index] = byte
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes.insert(byte, at: index)
            case 3 where end - index < bytes.count: bytes.removeSubrange(index..<end)
            case 4: bytes.insert(contentsOf: bytes[index..<end], at: index)
            case 5: bytes[index..<end].reverse()
            default: bytes.swapAt(index, .random(in: 0..<bytes.count, using: &self))
            }
        }
        return bytes
    }
}
