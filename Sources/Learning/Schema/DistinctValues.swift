/// The different values of a column and how often each comes, until there are too many of them.
struct DistinctValues {
    private let max: Int
    private var table = TextTable()
    private var counts: [Int] = []
    /// Whether there are more than `max`; those counted so far have been forgotten.
    private(set) var areTooMany = false

    init(max: Int) {
        self.max = max
    }

    mutating func count(_ value: ArraySlice<UInt8>) {
        guard !areTooMany else { return }
        let (index, isNew) = table.insert(value)
        guard isNew else {
            counts[index] += 1
            return
        }
        counts.append(1)
        if counts.count > max {
            areTooMany = true
            table = TextTable()
            counts = []
        }
    }

    /// Each value as a category and how often it comes, sorted by the UTF-8 bytes: `1` and `1.0`
    /// are one value here.
    var categories: [(name: String, count: Int)] {
        var merged = TextTable()
        var sums: [Int] = []
        for (text, count) in zip(table.texts, counts) {
            let category = CSVField(text, in: text.indices).category
            let (index, isNew) = merged.insert(Array(category.utf8)[...])
            if isNew { sums.append(count) } else { sums[index] += count }
        }
        return zip(merged.texts, sums)
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
            .map { (String(decoding: $0, as: UTF8.self), $1) }
    }
}
