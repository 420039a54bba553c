/// What a device says when it will not carry a task out.
package enum DeviceDecline {
    /// What may be over a moment later, though it is about rows or the trainer.
    private static let passing: Set<String> = [
        "dataset.file_unreadable", "dataset.source_unavailable", "trainer.failed",
    ]

    /// Whether it would decline the same round again: its rows, or its trainer, cannot do the task. What
    /// is about proofs and times is over a moment later.
    package static func lasts(_ code: String) -> Bool {
        !passing.contains(code)
            && ["dataset.", "trainer.", "device.", "relay."].contains { code.hasPrefix($0) }
    }
}
