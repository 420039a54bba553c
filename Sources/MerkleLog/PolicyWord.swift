/// A name or a URL in a policy file: opaque octets, not empty, without white space or control
/// characters, and compared octet for octet (C2SP tlog-policy, "Character set").
///
/// The letter K and the Kelvin sign are two names, whatever Unicode says of them, and octets that
/// are not UTF-8 may be a name too.
package struct PolicyWord: Hashable, Sendable, CustomStringConvertible {
    /// What a quorum line says where no witness is needed; no name for anything.
    package static let reserved = PolicyWord(unchecked: Array("none".utf8))

    package let octets: [UInt8]

    /// - Returns: `nil` where the octets are not of this form.
    package init?(_ octets: some Sequence<UInt8>) {
        let octets = Array(octets)
        guard !octets.isEmpty,
            octets.allSatisfy({ 0x21...0x7E ~= $0 || $0 >= 0x80 })
        else { return nil }
        self.octets = octets
    }

    /// - Returns: `nil` where the text is not of this form.
    package init?(_ text: String) {
        self.init(text.utf8)
    }

    private init(unchecked octets: [UInt8]) {
        self.octets = octets
    }

    /// For people; octets that are not UTF-8 are lost.
    package var description: String { String(decoding: octets, as: UTF8.self) }
}
