import Encodings

/// A part of a policy that is written as JSON; its text decides its place among its like.
///
/// The order means nothing. It is the same for everybody, so that two ways to write one policy give
/// one value.
protocol NormallyOrdered: Hashable {
    var written: JSONValue { get }
}

extension Condition: NormallyOrdered {}
extension Permission: NormallyOrdered {}
extension Prohibition: NormallyOrdered {}
extension Duty: NormallyOrdered {}
extension RefinedAction: NormallyOrdered {}
extension PartyReference: NormallyOrdered {}
extension AssetReference: NormallyOrdered {}

extension PartyRole: NormallyOrdered {
    var written: JSONValue { [function.rawValue: party.written] }
}

extension Array where Element: NormallyOrdered {
    var inNormalOrder: [Element] {
        guard count > 1 else { return self }
        let keyed = map { (key: $0.written.canonicalBytes, element: $0) }
        return keyed.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.element)
    }

    /// In order, and each once.
    var normalised: [Element] {
        inNormalOrder.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
}
