import Crypto

/// Which rows are kept out of training, to judge models by: the same rows on every machine and in
/// every round.
///
/// The split is stratified: all classes are split in the same proportion. Within a class, rows are
/// ordered by the SHA-256 of the salt's UTF-8 bytes followed by the row's number as 8 bytes, most
/// significant first; the first of this order are held out. A row's number counts the rows of the
/// file from 0, whether or not they have a label, so that one row's label moves no other row.
///
/// Of n rows of a class, n · perMille / 1000 are held out, rounded to nearest and half up; but
/// where something is to be held out and something to be trained on, at least one of two or more
/// rows goes to each side.
package struct HoldoutSplit: Hashable, Sendable {
    /// From 0, where all rows are trained on, to 1,000, where all are held out.
    package let perMille: Int
    package let salt: String

    /// - Returns: `nil` for a proportion below 0 or above 1,000.
    package init?(perMille: Int, salt: String) {
        guard 0...1_000 ~= perMille else { return nil }
        self.perMille = perMille
        self.salt = salt
    }

    /// All rows for training.
    package static let none = HoldoutSplit(everythingHeldOut: false)
    /// All rows for validation.
    package static let all = HoldoutSplit(everythingHeldOut: true)

    private init(everythingHeldOut: Bool) {
        perMille = everythingHeldOut ? 1_000 : 0
        salt = ""
    }

    /// Splits rows.
    ///
    /// - Parameters:
    ///   - labels: For each row its class.
    ///   - numbers: For each row its number in the file, ascending.
    /// - Returns: Places in these arrays, ascending.
    func split(labels: [Float], numbers: [UInt64]) -> (training: [UInt32], holdout: [UInt32]) {
        let places = (0..<UInt32(labels.count))
        guard perMille > 0 else { return (Array(places), []) }
        guard perMille < 1_000 else { return ([], Array(places)) }

        var training: [UInt32] = []
        var holdout: [UInt32] = []
        for label in Set(labels).sorted() {
            let ordered = places.filter { labels[Int($0)] == label }
                .map { (place: $0, key: key(of: numbers[Int($0)])) }
                .sorted { $0.key < $1.key }
            let count = holdoutCount(of: ordered.count)
            holdout += ordered.prefix(count).map(\.place)
            training += ordered.dropFirst(count).map(\.place)
        }
        return (training.sorted(), holdout.sorted())
    }

    private func holdoutCount(of count: Int) -> Int {
        let rounded = (count * perMille + 500) / 1_000
        return count < 2 ? rounded : min(max(rounded, 1), count - 1)
    }

    /// The first 16 bytes of the row's hash, and the row's number, which decides if they are equal.
    private func key(of number: UInt64) -> (UInt64, UInt64, UInt64) {
        var hash = SHA256()
        hash.update(data: Array(salt.utf8))
        withUnsafeBytes(of: number.bigEndian) { hash.update(bufferPointer: $0) }
        return hash.finalize().withUnsafeBytes { digest in
            (
                UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                number
            )
        }
    }
}
