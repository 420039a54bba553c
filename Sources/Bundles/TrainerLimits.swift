import Encodings

/// What a trainer may use up in one call, and what may come out of it.
///
/// A bundle states what it needs; an owner states what it allows, and ``capped(by:)`` is what is
/// enforced. The byte limits are bytes, not powers of ten.
package struct TrainerLimits: Hashable, Sendable {
    /// Processor time of all its processes together.
    package var cpuSeconds: Int
    /// Memory of all its processes together, without the scratch folder.
    package var memoryBytes: Int
    /// From the order to the answer.
    package var wallSeconds: Int
    /// Processes and threads at a time.
    package var processes: Int
    /// What the scratch folder holds; it lies in memory.
    package var scratchBytes: Int
    /// What leaves the sandbox as an update, predictions and metrics.
    package var outputBytes: Int
    /// What it may print; this never leaves the node.
    package var logBytes: Int

    package init(
        cpuSeconds: Int = 600, memoryBytes: Int = 2 << 30, wallSeconds: Int = 900,
        processes: Int = 32, scratchBytes: Int = 256 << 20, outputBytes: Int = 64 << 20,
        logBytes: Int = 1 << 20
    ) {
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
        self.wallSeconds = wallSeconds
        self.processes = processes
        self.scratchBytes = scratchBytes
        self.outputBytes = outputBytes
        self.logBytes = logBytes
    }

    /// The lesser of each.
    package func capped(by other: TrainerLimits) -> TrainerLimits {
        TrainerLimits(
            cpuSeconds: min(cpuSeconds, other.cpuSeconds),
            memoryBytes: min(memoryBytes, other.memoryBytes),
            wallSeconds: min(wallSeconds, other.wallSeconds),
            processes: min(processes, other.processes),
            scratchBytes: min(scratchBytes, other.scratchBytes),
            outputBytes: min(outputBytes, other.outputBytes),
            logBytes: min(logBytes, other.logBytes))
    }

    /// What of a bundle's needs an owner does not allow, in words; empty where all fits.
    package func excesses(over allowed: TrainerLimits) -> [String] {
        zip(named, allowed.named).compactMap { wanted, allowed in
            wanted.value > allowed.value
                ? "\(wanted.name) = \(wanted.value), and at most \(allowed.value) is allowed" : nil
        }
    }

    package var named: [(name: String, value: Int)] {
        [
            ("cpu-seconds", cpuSeconds), ("memory-bytes", memoryBytes),
            ("wall-seconds", wallSeconds), ("processes", processes),
            ("scratch-bytes", scratchBytes), ("output-bytes", outputBytes),
            ("log-bytes", logBytes),
        ]
    }

    /// Reads them with these values in place of those that are missing.
    init(
        _ value: JSONValue?, at path: String, or standard: TrainerLimits = TrainerLimits()
    ) throws(JSONShapeError) {
        self = standard
        guard let value else { return }
        var fields = try JSONFields(value, at: path)
        func read(
            _ key: String, _ range: ClosedRange<Int64>, _ limit: inout Int
        ) throws(JSONShapeError) {
            if let value = try fields.optionalInteger(key, in: range) { limit = Int(value) }
        }
        try read("cpu-seconds", 1...604_800, &cpuSeconds)
        try read("memory-bytes", 64 << 20...1 << 44, &memoryBytes)
        try read("wall-seconds", 1...604_800, &wallSeconds)
        try read("processes", 1...4_096, &processes)
        try read("scratch-bytes", 4_096...1 << 40, &scratchBytes)
        try read("output-bytes", 1...1 << 36, &outputBytes)
        try read("log-bytes", 1_024...1 << 30, &logBytes)
        try fields.finish()
    }
}
