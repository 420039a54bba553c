import Glibc

/// Memory in large pages, for what is copied as a whole: fetching new memory in small ones takes
/// longer than copying.
package enum LargePages {
    private static let bytesMin = 8 << 20

    /// Asks for them, before the memory is written to for the first time.
    package static func use(for buffer: UnsafeMutableRawBufferPointer) {
        guard buffer.count >= bytesMin, let start = buffer.baseAddress else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let first = start.alignedUp(toMultipleOf: page)
        let count = (buffer.count - (first - start)) / page * page
        _ = madvise(first, count, MADV_HUGEPAGE)
    }
}
