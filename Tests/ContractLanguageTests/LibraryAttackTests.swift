import ContractFiles
import ContractLanguage
import Encodings
import Foundation
import NaiveContracts
import Randomness
import Testing

/// The documents that ship with the program, run twice and damaged.
@Suite struct LibraryAttackTests {
    private static let isThorough = ProcessInfo.processInfo.environment["JOINTLAB_CONTRACTS"] != nil

    private static let documents: [(name: String, text: String)] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/ContractLibrary/Documents")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().compactMap { name in
            (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)).map {
                (name, $0)
            }
        }
    }()

    @Test("Two interpreters decide alike on the library's documents")
    func agree() throws {
        #expect(!Self.documents.isEmpty)
        for (name, text) in Self.documents {
            let contract = try ContractFile(text: text, name: name).compiled()
            // Nobody concludes a constitution.
            if contract.document.isConstitution { continue }
            var tally = Tally()
            for seed: UInt64 in 0..<(Self.isThorough ? 5_000 : 60) {
                var run = TwinRun(contract, contract.document.source, seed: seed)
                let isAgreed = run.play(&tally)
                try #require(isAgreed, "\(name), seed \(seed): \(run.disagreement)")
            }
            #expect(tally.applied > 0, "\(name): \(tally)")
        }
    }

    @Test(
        "Without any of its parts, or with another in its place, each is refused with a place or runs"
    )
    func damage() throws {
        for (name, text) in Self.documents {
            let whole = try ContractFile(text: text, name: "f").json
            let paths = JSONPath.all(in: whole)
            var random = SeededRandom(seed: UInt64(paths.count))
            for round in 0..<(Self.isThorough ? paths.count * 4 : 40) {
                let path = Self.isThorough ? paths[round / 4] : random.pick(paths)
                let replacement: JSONValue? = random.pick([
                    nil, .null, 7, "x", [], ["x": 1],
                    JSONPath.value(at: random.pick(paths), in: whole),
                ])
                let damaged = JSONPath.replacing(path, in: whole, with: replacement)
                if let message = refusal(of: damaged.canonicalText, named: "f") {
                    #expect(message.hasPrefix("f:1:"), "\(name), \(path): \(message)")
                }
            }
        }
    }
}
