import Contracts
import Randomness
import Settlement
import Testing

/// Members who do anything at all with money, a million times.
@Suite struct MillionActionsTests {
    private static let actions = 250_000

    @Test(
        "After any actions no unit is lost, and every statement closes at the balance",
        arguments: 2_026..<2_030 as Range<UInt64>)
    func conserved(seed: UInt64) throws {
        let actions = Self.actions
        var bank = try RandomBank(seed: seed)
        for number in 1...actions {
            let problem = try bank.step()
            guard problem == nil else {
                Issue.record("seed \(seed), action \(number): \(problem ?? "")")
                return
            }
        }
        #expect(bank.applied > actions / 5, "seed \(seed) did next to nothing")
        #expect(bank.refused > actions / 10, "seed \(seed) was refused next to nothing")
        // All but what contracts and jobs move.
        let others: Set<Movement.Kind> = [.contract, .escrow, .payout]
        #expect(
            bank.kinds.count == Movement.Kind.allCases.count - others.count,
            "seed \(seed) moved money only as \(bank.kinds)")
        #expect(try bank.differenceOfStatements() == nil, "seed \(seed)")
    }
}
