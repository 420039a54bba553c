import Foundation

/// What the figures were measured on.
enum Machine {
    static var description: String {
        let cpu =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"
        let load =
            (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?
            .split(separator: " ").first ?? "?"
        return "\(ProcessInfo.processInfo.activeProcessorCount) × \(cpu), load \(load) at the start"
    }
}

/// A time as seconds.
func seconds(_ duration: Duration) -> Double {
    duration / .seconds(1)
}

/// A number for a table: three significant digits or so.
func shown(_ value: Double) -> String {
    switch value.magnitude {
    case 1_000...: String(format: "%.0f", value)
    case 10..<1_000: String(format: "%.1f", value)
    default: String(format: "%.3f", value)
    }
}

/// Prints a figure with its name.
func report(_ name: String, _ value: String) {
    let dots = String(repeating: " ", count: max(1, 52 - name.count))
    print("  \(name)\(dots)\(value)")
}

/// The value below which a share of the values lies.
func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}
