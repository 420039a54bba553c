import CStorage

/// Room on the disk ahead of what is being written: a file system that finds a place for many pages at
/// once takes half as long for each of them as one that looks for a place page by page.
struct ReservedSpace {
    private static let stepBytes = 32 << 20
    /// What is smaller is written before it would have been worth it.
    private static let bytesMin = 4 << 20

    /// Up to where there is room; 0 where none has been set aside.
    private var end = 0
    private var isPossible = true

    mutating func willWrite(_ count: Int, at offset: Int, of file: borrowing SyncedFile) {
        guard isPossible, offset + count > max(end, Self.bytesMin) else { return }
        let start = max(end, offset)
        // Where it is refused, writing says why, or needs no room set aside.
        isPossible = storage_reserve(file.descriptor, Int64(start), Int64(Self.stepBytes)) == 0
        // A full disk may have set a part aside.
        end = start + Self.stepBytes
    }

    /// Gives back what has not been written to.
    func release(from count: Int, of file: borrowing SyncedFile) {
        if end > count { try? file.truncate(to: count) }
    }
}
