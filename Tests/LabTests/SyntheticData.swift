import Learning
import Randomness

/// Made-up records of which some can be told from the others.
enum SyntheticData {
    static var options: InspectionOptions {
        InspectionOptions(label: ColumnReference("ill"), positive: .values(["yes"]))
    }

    static func csv(rows: Int, seed: UInt64) -> String {
        var random = SplitMix64(seed: seed)
        var lines = ["age,pressure,smokes,ill"]
        for _ in 0..<rows {
            let age = Int.random(in: 20..<90, using: &random)
            let pressure = Int.random(in: 90..<190, using: &random)
            let smokes = Bool.random(using: &random)
            let risk = age + pressure + (smokes ? 40 : 0) + Int.random(in: -40...40, using: &random)
            lines.append("\(age),\(pressure),\(smokes ? "yes" : "no"),\(risk > 215 ? "yes" : "no")")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
