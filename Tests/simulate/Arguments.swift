import Simulator

/// What the command line asks for.
struct Arguments {
    static let usage = "usage: simulate [--seed N] [--seeds COUNT] [--money] [--log]"

    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// From the first one on, so many.
    let seeds: Range<UInt64>
    let log: Bool
    /// Whether the labs do little else than move money.
    let money: Bool

    init(_ words: [String]) throws {
        var first: UInt64 = 1
        var count: UInt64 = 1
        var log = false
        var money = false
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--seed": first = try Self.number(after: word, &rest)
            case "--seeds": count = try Self.number(after: word, &rest)
            case "--log": log = true
            case "--money": money = true
            default: throw Mistake(description: "“\(word)” is not understood")
            }
        }
        guard count > 0, first <= .max - count else {
            throw Mistake(description: "there are no such seeds")
        }
        seeds = first..<first + count
        self.log = log
        self.money = money
    }

    func scenario(seed: UInt64) -> Scenario? { money ? .money(seed: seed) : nil }

    private static func number(
        after option: String, _ rest: inout ArraySlice<String>
    ) throws -> UInt64 {
        guard let text = rest.popFirst(), let number = UInt64(text) else {
            throw Mistake(description: "\(option) needs a number")
        }
        return number
    }
}
