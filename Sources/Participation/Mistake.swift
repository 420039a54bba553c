/// Something that the member asked for and that cannot be: what was wrong, and what to do.
package struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
