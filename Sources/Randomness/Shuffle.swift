/// Orders drawn by a published rule, the same for everybody who has the generator's seed.
extension RandomNumberGenerator {
    /// Puts the elements into a random order, each order as likely as the others.
    ///
    /// The rule is Durstenfeld's form of the Fisher–Yates shuffle (Knuth, *The Art of Computer
    /// Programming* volume 2, §3.4.2, Algorithm P): from the last place down to the second, swap
    /// with ``uniformInteger(below:)`` of the places up to this one.
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        for place in stride(from: elements.count - 1, to: 0, by: -1) {
            let other = Int(uniformInteger(below: UInt64(place) + 1))
            elements.swapAt(place, other)
        }
    }

    /// The integers from 0 up to, and without, `count`, in a random order.
    ///
    /// - Precondition: `count` is not negative.
    package mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        shuffle(&order)
        return order
    }
}
