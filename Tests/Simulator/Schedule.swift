import Randomness

/// Virtual time: things to do, each at its moment, in an order that depends on nothing but the seed.
final class Schedule {
    private struct Item {
        let time: Int
        let sequence: Int
        let label: String
        let action: () -> Void

        func precedes(_ other: Item) -> Bool { (time, sequence) < (other.time, other.sequence) }
    }

    private(set) var now: Int
    private(set) var steps = 0
    var random: SeededRandom
    private var heap: [Item] = []
    private var sequence = 0

    init(seed: UInt64, start: Int) {
        random = SeededRandom(seed: seed)
        now = start
    }

    func after(_ delay: Int, _ label: String, _ action: @escaping () -> Void) {
        sequence += 1
        heap.append(
            Item(time: now + max(0, delay), sequence: sequence, label: label, action: action))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Leaves undone what is left: it refers to the lab, which would never go.
    func clear() { heap = [] }

    /// Does the next thing.
    ///
    /// - Returns: What it was; `nil` when nothing is left to do before the time.
    func step(until end: Int) -> String? {
        guard let first = heap.first, first.time <= end else { return nil }
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].precedes(heap[least]) {
                least = child
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        now = first.time
        steps += 1
        first.action()
        return first.label
    }

    // MARK: - Chance

    func chance(_ probability: Double) -> Bool {
        random.uniformFraction() < probability
    }

    func pick(_ range: ClosedRange<Int>) -> Int { random.uniformInteger(in: range) }

    func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty
            ? nil : elements[Int(random.uniformInteger(below: UInt64(elements.count)))]
    }
}
