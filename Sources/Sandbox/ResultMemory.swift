import Foundation
import Synchronization

/// Where a worker's results are kept, one after the other: memory that an earlier one has left is
/// used again, because the kernel takes longer over new memory for a large model than the model
/// takes to be copied.
final class ResultMemory: Sendable {
    /// Pages of the node's own, which no other process sees.
    struct Block: @unchecked Sendable {
        // Belongs to one result, or to nobody, at a time.
        let bytes: UnsafeMutableRawBufferPointer

        func unmap() { munmap(bytes.baseAddress, bytes.count) }
    }

    /// From this size on memory comes in large pages, where the system has them.
    private static let largeBytes = 8 << 20
    private static let largePageBytes = 2 << 20

    private let spare = Mutex<Block?>(nil)

    deinit { spare.withLock { $0?.unmap() } }

    /// - Returns: At least so many bytes, whatever they hold.
    /// - Throws: ``SandboxFailure/unavailable(_:)``.
    func take(_ byteCount: Int) throws(SandboxFailure) -> Block {
        let kept = spare.withLock { spare in
            defer { spare = nil }
            return spare
        }
        if let kept {
            if kept.bytes.count >= byteCount { return kept }
            kept.unmap()
        }
        return try Self.map(byteCount)
    }

    /// Lets go of what has been left, for who will not need any for a while.
    func release() {
        spare.withLock { spare in
            defer { spare = nil }
            return spare
        }?.unmap()
    }

    func giveBack(_ block: Block) {
        let other = spare.withLock { spare -> Block? in
            guard let kept = spare, kept.bytes.count >= block.bytes.count else {
                defer { spare = block }
                return spare
            }
            return block
        }
        other?.unmap()
    }

    private static func map(_ byteCount: Int) throws(SandboxFailure) -> Block {
        let isLarge = byteCount >= largeBytes
        // Begins at a large page, and ends where the last of them ends.
        let unit = isLarge ? largePageBytes : Int(sysconf(Int32(_SC_PAGESIZE)))
        let count = max(1, (byteCount + unit - 1) / unit) * unit
        let reserved = isLarge ? count + unit : count
        let address = mmap(
            nil, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address, address != MAP_FAILED else {
            throw .unavailable(
                "no memory for a result of \(byteCount) bytes: \(SandboxSupport.text(errno))")
        }
        let start = isLarge ? address.alignedUp(toMultipleOf: unit) : address
        let before = start - address
        if before > 0 { munmap(address, before) }
        if reserved - before > count { munmap(start + count, reserved - before - count) }
        #if os(Linux)
            if isLarge { _ = madvise(start, count, MADV_HUGEPAGE) }
        #endif
        return Block(bytes: UnsafeMutableRawBufferPointer(start: start, count: count))
    }
}
