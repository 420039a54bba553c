import CSandbox
import Foundation
import Memory

/// Memory that a node and a worker both see, and whose size neither can change.
final class SharedMemory {
    let descriptor: Int32
    let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter workerWrites: Whether the worker may write; else it may only read.
    /// - Throws: ``SandboxFailure/unavailable(_:)``.
    init(byteCount: Int, workerWrites: Bool) throws(SandboxFailure) {
        let descriptor = sandbox_shared_memory(byteCount)
        guard descriptor >= 0 else {
            throw .unavailable(
                "no shared memory of \(byteCount) bytes: \(SandboxSupport.text(-descriptor))")
        }
        let address = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            let error = errno
            close(descriptor)
            throw .unavailable(
                "\(byteCount) bytes cannot be mapped: \(SandboxSupport.text(error))")
        }
        self.descriptor = descriptor
        bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        if !workerWrites {
            let status = sandbox_seal_writes(descriptor)
            guard status == 0 else {
                throw .unavailable(
                    "shared memory cannot be sealed: \(SandboxSupport.text(-status))")
            }
        }
    }

    /// Copies a file that is no longer than the memory to its beginning.
    ///
    /// - Returns: Where it lies now; valid while this lives.
    /// - Throws: What reading throws.
    func put(_ file: FileBytes) throws -> UnsafeRawBufferPointer {
        precondition(file.count <= bytes.count, "the caller has compared the lengths")
        let place = UnsafeMutableRawBufferPointer(rebasing: bytes[..<file.count])
        try file.read(from: 0, into: place)
        return UnsafeRawBufferPointer(place)
    }

    deinit {
        munmap(bytes.baseAddress, bytes.count)
        close(descriptor)
    }
}
