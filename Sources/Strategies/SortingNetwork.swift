/// The comparisons that sort a fixed number of places, whatever lies in them, so that many columns
/// can be sorted side by side without a branch.
///
/// Source: Batcher's odd–even merge sort, in the form for any n of Knuth, *The Art of Computer
/// Programming* volume 3, §5.2.2, Algorithm M.
struct SortingNetwork: Sendable {
    /// Pairs of places, the lesser of the two to become the least, one behind the other.
    let exchanges: [UInt32]

    /// - Parameters:
    ///   - n: How many places there are.
    ///   - wanted: Which places must hold what they would hold if all were sorted.
    init(sorting n: Int, wanted: ClosedRange<Int>) {
        var all: [(low: Int, high: Int)] = []
        var p = 1
        while p < n { p *= 2 }
        let top = p / 2
        p = top
        while p > 0 {
            var q = top
            var r = 0
            var d = p
            while true {
                for i in 0..<max(0, n - d) where i & p == r { all.append((i, i + d)) }
                guard q != p else { break }
                d = q - p
                q /= 2
                r = p
            }
            p /= 2
        }
        // Backwards: an exchange matters if it writes to a place that matters from there on.
        var matters = [Bool](repeating: false, count: n)
        for place in wanted { matters[place] = true }
        var kept: [(low: Int, high: Int)] = []
        for exchange in all.reversed() where matters[exchange.low] || matters[exchange.high] {
            matters[exchange.low] = true
            matters[exchange.high] = true
            kept.append(exchange)
        }
        exchanges = kept.reversed().flatMap { [UInt32($0.low), UInt32($0.high)] }
    }
}
