import ContractFiles
import ContractLanguage
import Encodings
import Foundation
import NaiveContracts
import Policy
import Randomness
import Testing

/// Good documents with random damage: each is refused with a place, or can be concluded and run.
@Suite struct FuzzTests {
    private static let textsCount =
        ProcessInfo.processInfo.environment["JOINTLAB_CONTRACTS"].flatMap { UInt64($0) } ?? 1_500

    @Test("Random edits of a document's bytes crash nothing, and what is still good runs")
    func edits() throws {
        let pieces = Lending.text.split(separator: "\n").flatMap { $0.split(separator: " ") }.map {
            Array($0.utf8)
        }
        var good = 0
        for seed in 0..<Self.textsCount {
            var random = SeededRandom(seed: seed)
            var bytes = Array(Lending.text.utf8)
            for _ in 0..<random.uniformInteger(in: 1...4) { damage(&bytes, pieces, &random) }
            guard let text = String(validating: bytes, as: UTF8.self) else { continue }
            let contract: CompiledContract
            do {
                contract = try ContractFile(text: text, name: "f").compiled()
            } catch {
                let place = "\(error)".split(separator: ":").dropFirst().prefix(2)
                #expect(place.first.flatMap { Int($0) } != nil, "seed \(seed): \(error)")
                continue
            }
            good += 1
            var tally = Tally()
            var run = TwinRun(contract, contract.document.source, seed: seed)
            let isAgreed = run.play(&tally)
            try #require(isAgreed, "seed \(seed): \(run.disagreement)\n\(text)")
        }
        #expect(good > Self.textsCount / 50)
    }

    private func damage(
        _ bytes: inout [UInt8], _ pieces: [[UInt8]], _ random: inout SeededRandom
    ) {
        let place = random.uniformInteger(in: 0...(bytes.count - 1))
        switch random.uniformInteger(in: 0...7) {
        case 0: bytes[place] = UInt8(random.uniformInteger(in: 0...255))
        case 1: bytes[place] = random.pick(Array("{}[]:,&*!|>'\"#%@`-? \n\t\\()<=+.0aZ~".utf8))
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(contentsOf: random.pick(pieces), at: place)
        case 4: bytes[place] ^= 1 << UInt8(random.uniformInteger(in: 0...7))
        case 5:
            let end = min(bytes.count, place + random.uniformInteger(in: 1...40))
            bytes.removeSubrange(place..<end)
        case 6:
            let end = min(bytes.count, place + random.uniformInteger(in: 1...60))
            bytes.insert(
                contentsOf: bytes[place..<end], at: random.uniformInteger(in: 0...bytes.count))
        default:
            // Words change places: most of what comes out is text that means something else.
            let words = String(decoding: bytes, as: UTF8.self).split(
                separator: " ", omittingEmptySubsequences: false)
            var changed = words
            let (one, other) = (
                random.uniformInteger(in: 0...(words.count - 1)),
                random.uniformInteger(in: 0...(words.count - 1))
            )
            changed.swapAt(one, other)
            bytes = Array(changed.joined(separator: " ").utf8)
        }
        if bytes.isEmpty { bytes = [UInt8(ascii: "a")] }
    }

    @Test("Without any of its parts, a document is refused with a place, or still good")
    func removals() throws {
        let whole = try ContractFile(text: Lending.text, name: "f").json
        var refused = 0
        var good = 0
        for path in JSONPath.all(in: whole) {
            for replacement: JSONValue? in [
                nil, .null, 7, "x", [], ["x": 1], true, .number(0.5), ["x"],
            ] {
                let text = JSONPath.replacing(path, in: whole, with: replacement).canonicalText
                if let message = refusal(of: text, named: "f") {
                    refused += 1
                    #expect(
                        message.hasPrefix("f:1:"),
                        "\(path) \(String(describing: replacement)): \(message)")
                } else {
                    good += 1
                }
            }
        }
        #expect(refused > 900 && good > 20, "\(refused) refused, \(good) good")
    }
}
