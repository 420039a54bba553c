import Foundation
import Policy

/// How many guards of the dataset licence a core decides in a second, and how long one takes to
/// compile; beside Google's C++ engine as called from Python, where that is installed.
enum PolicyBenchmark {
    private static let guards = [
        "now < terms.expires", "input.purpose in terms.purposes",
        "state.rounds < terms.maxRounds",
        "state.epsilonMicro + input.epsilonMicro <= terms.epsilonBudgetMicro",
        "state.rounds <= terms.maxRounds",
    ]

    private static let integers = [
        "terms.maxRounds": 1_000, "terms.epsilonBudgetMicro": 1_000_000, "input.epsilonMicro": 10,
        "state.rounds": 10, "state.epsilonMicro": 10,
    ]

    static func measure() throws {
        let environment = Environment(
            integers.keys.sorted().map { .init($0, .int) } + [
                .init("now", .timestamp), .init("terms.expires", .timestamp),
                .init("terms.purposes", .list(.string)), .init("input.purpose", .string),
            ])
        let inputs = Inputs(for: environment)
        for (name, value) in integers { inputs.set(name, to: .int(Int64(value))) }
        if let now = Instant(seconds: 1_764_000_000), let later = Instant(seconds: 1_800_000_000) {
            inputs.set("now", to: .timestamp(now))
            inputs.set("terms.expires", to: .timestamp(later))
        }
        inputs.set("terms.purposes", to: .list([.string("care"), .string("research")]))
        inputs.set("input.purpose", to: .string("research"))
        let peer = peerRates()
        for (index, text) in guards.enumerated() {
            let program = try CompiledExpression(SourceText(text), in: environment).program
            var evaluator = Evaluator()
            let evaluations = rate { evaluator.denial(of: program, inputs, budget: 1_000) == nil }
            let compilations = rate {
                (try? CompiledExpression(SourceText(text), in: environment)) != nil
            }
            report(text, "")
            report("  decided", "\(shown(evaluations / 1e6)) million/s")
            report("  compiled", "\(shown(1e6 / compilations)) µs")
            if peer.indices.contains(index) {
                report(
                    "  cel-expr-python, decided", "\(shown(peer[index].decided / 1e6)) million/s")
                report("  cel-expr-python, compiled", "\(shown(1e6 / peer[index].compiled)) µs")
            }
        }
        if peer.isEmpty { report("the peer is not here: pip install cel-expr-python", "") }
    }

    private static func rate(_ body: () -> Bool) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        while clock.now - start < .milliseconds(500) {
            for _ in 0..<1_000 where body() { count += 1 }
        }
        return Double(count) / seconds(clock.now - start)
    }

    /// What `cel_peer.py` prints: two rates for each guard; nothing where the peer is not installed.
    private static func peerRates() -> [(decided: Double, compiled: Double)] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "cel_peer.py")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path] + guards
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return [] }
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            return numbers.count == 2 ? (decided: numbers[0], compiled: numbers[1]) : nil
        }
    }
}
