import ContractLanguage
import Encodings
import Foundation
import NaiveContracts
import Policy
import Randomness
import Testing

/// The compiled interpreter against one that is written to be read: both must decide everything
/// alike. `JOINTLAB_CONTRACTS` says how many documents are drawn.
@Suite struct AgreementTests {
    private static let documentsCount =
        ProcessInfo.processInfo.environment["JOINTLAB_CONTRACTS"].flatMap { UInt64($0) } ?? 2_000

    @Test("Two interpreters decide alike on random documents and transactions")
    func agree() throws {
        var tally = Tally()
        for seed in 0..<Self.documentsCount {
            let json = RandomContract.document(seed: seed)
            let contract: CompiledContract
            do {
                contract = try CompiledContract(ContractDocument(json))
            } catch {
                tally.refusals[Self.reason(error), default: 0] += 1
                continue
            }
            var run = TwinRun(contract, json, seed: seed)
            let isAgreed = run.play(&tally)
            try #require(isAgreed, "seed \(seed): \(run.disagreement)\n\(json.canonicalText)")
        }
        // What is drawn must be worth drawing. That a signature is missing, the checker rules out; and nothing is traded here.
        #expect(tally.documents * 10 > Int(Self.documentsCount) * 6, "\(tally)")
        #expect(tally.applied * 6 > tally.taken && tally.ended > tally.documents / 10, "\(tally)")
        #expect(
            tally.kinds.keys.sorted()
                == ContractRefusal.Kind.allCases.map(\.rawValue).filter { !["signature", "token"].contains($0) }
                .sorted(), "\(tally)")
    }

    private static func reason(_ error: any Error) -> String {
        let text = "\(error)".split(separator: "\n").first.map(String.init) ?? ""
        return String(text.drop { $0 != ":" }.prefix(60))
    }
}
