/// What a device says when it will not carry a task out.
package enum DeviceDecline {
    /// Whether it would decline the same round again: its rows, or its trainer, cannot do the task. What
    /// is about proofs and times is over a moment later.
    package static func lasts(_ code: String) -> Bool {
        ["dataset.", "trainer.", "device.", "relay."].contains { code.hasPrefix($0) }
    }
}
