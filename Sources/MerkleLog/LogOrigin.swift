/// The identity of a log, as the first line of each of its checkpoints gives it (C2SP
/// tlog-checkpoint, "Note text").
///
/// Often a URL without a scheme, but nobody may rely on that.
package struct LogOrigin: Hashable, Sendable, CustomStringConvertible {
    package let line: NoteLine

    /// - Returns: `nil` where the text is empty or has a control character.
    package init?(_ text: String) {
        guard let line = NoteLine(text) else { return nil }
        self.init(line)
    }

    package init(_ line: NoteLine) {
        self.line = line
    }

    /// The origin of the log whose own key has this name.
    package init(_ name: KeyName) {
        line = NoteLine(name)
    }

    package var description: String { line.description }
}
