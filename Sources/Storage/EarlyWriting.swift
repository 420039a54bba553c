import CStorage

/// Keeps the disk busy while a large file is still on its way, so that its sync at the end has little
/// left to wait for.
struct EarlyWriting {
    private static let stepBytes = 8 << 20

    private let isWanted: Bool
    private var begun: Int
    private var written: Int

    init(isWanted: Bool, from start: Int = 0) {
        self.isWanted = isWanted
        begun = start
        written = start
    }

    mutating func wrote(_ count: Int, to file: borrowing SyncedFile) {
        written += count
        guard isWanted, written - begun >= Self.stepBytes else { return }
        storage_begin_sync(file.descriptor, Int64(begun), Int64(written - begun))
        begun = written
    }

    mutating func rewind(to count: Int) {
        (begun, written) = (min(begun, count), count)
    }
}
