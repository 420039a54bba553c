/// What one pass over a file learns about a column.
struct ColumnProfile {
    /// Integers that are all different are taken for an identifier only from so many rows on; in
    /// fewer, ages or years may well differ by chance.
    static let identifierRowsMin = 20
    /// A longer text is no category.
    static let categoryByteCountMax = 256

    private(set) var rowCount = 0
    private(set) var missingCount = 0
    private(set) var numberCount = 0
    private(set) var decimalCommaCount = 0
    private(set) var numberMin = Double.infinity
    private(set) var numberMax = -Double.infinity
    private(set) var numbers = NumberSample()
    private var allNumbersAreIntegers = true
    private var byteCountMax = 0
    /// The first value that is no number, and where it stands.
    private(set) var firstText: (text: String, place: DatasetError.Place)?
    private(set) var distinct: DistinctValues
    /// The hashes of all values so far, or `nil` once one has come twice or is no identifier's. Two
    /// different values of the same 64-bit hash would keep a column from being an identifier.
    private var unrepeated: Set<UInt64>? = []

    init(categoriesMax: Int) {
        distinct = DistinctValues(max: categoriesMax)
    }

    mutating func add(_ field: CSVField, at row: DatasetError.Place) {
        rowCount += 1
        guard !field.isMissing else {
            missingCount += 1
            return
        }
        byteCountMax = max(byteCountMax, field.bytes.count)
        distinct.count(field.bytes)
        if let number = field.number {
            numberCount += 1
            numberMin = min(numberMin, number)
            numberMax = max(numberMax, number)
            numbers.add(number)
            if allNumbersAreIntegers, number.rounded() != number {
                allNumbersAreIntegers = false
                unrepeated = nil
            }
        } else {
            if firstText == nil { firstText = (field.text, row) }
            if field.hasDecimalComma { decimalCommaCount += 1 }
        }
        if unrepeated?.insert(TextTable.hash(field.bytes)).inserted == false { unrepeated = nil }
    }

    var valueCount: Int { rowCount - missingCount }
    var numberMean: Double { numbers.mean }
    var hasOnlyNumbers: Bool { numberCount == valueCount }

    /// The values as categories, or `nil` where they are too many or too long.
    var categories: [String]? {
        distinct.areTooMany || byteCountMax > Self.categoryByteCountMax
            ? nil : distinct.categories.map(\.name)
    }

    var kind: ColumnKind {
        guard valueCount > 0 else { return .constant(.nothing) }
        if hasOnlyNumbers {
            if numberMin == numberMax { return .constant(.number) }
            let isIdentifier =
                unrepeated != nil && missingCount == 0 && rowCount >= Self.identifierRowsMin
            return isIdentifier ? .identifier : .numeric
        }
        if unrepeated != nil, missingCount == 0, rowCount > 1 { return .identifier }
        guard let categories else { return .text }
        if categories.count == 1 { return .constant(.text) }
        // A value that comes but once or twice is no category; it may well be somebody's name.
        return categories.count * 2 <= valueCount ? .categorical(categories) : .text
    }
}
