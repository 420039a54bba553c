import CKernels

/// Texts in the order in which they came, each once, and their places; compared byte for byte.
struct TextTable {
    private(set) var texts: [[UInt8]] = []
    private var hashes: [UInt64] = []
    /// For each slot the place of a text, or −1; twice as many as there are texts, at least.
    private var slots = [Int32](repeating: -1, count: 16)

    var count: Int { texts.count }

    init() {}

    init(_ texts: some Sequence<String>) {
        for text in texts {
            _ = insert(Array(text.utf8)[...])
        }
    }

    func index(of text: ArraySlice<UInt8>) -> Int? {
        let place = slots[slot(for: text, hash: Self.hash(text))]
        return place < 0 ? nil : Int(place)
    }

    func index(of text: String) -> Int? { index(of: Array(text.utf8)[...]) }

    /// - Returns: The text's place, and whether it was not there before.
    mutating func insert(_ text: ArraySlice<UInt8>) -> (index: Int, isNew: Bool) {
        let hash = Self.hash(text)
        let free = slot(for: text, hash: hash)
        if slots[free] >= 0 { return (Int(slots[free]), false) }
        slots[free] = Int32(texts.count)
        texts.append(Array(text))
        hashes.append(hash)
        if texts.count * 2 > slots.count { grow() }
        return (texts.count - 1, true)
    }

    static func hash(_ text: ArraySlice<UInt8>) -> UInt64 {
        text.withUnsafeBufferPointer { text in
            text.baseAddress.map { jl_hash($0, text.count) } ?? 0
        }
    }

    /// The slot that has this text, or the free one where it belongs.
    private func slot(for text: ArraySlice<UInt8>, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] >= 0 {
            let place = Int(slots[slot])
            if hashes[place] == hash, texts[place][...] == text { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        let mask = slots.count * 2 - 1
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for (place, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(place)
        }
    }
}
