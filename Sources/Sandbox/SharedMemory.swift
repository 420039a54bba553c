import CKernels
import CSandbox
import Foundation

/// Memory that a node and a worker both see, and whose size neither can change.
final class SharedMemory {
    let descriptor: Int32
    let bytes: UnsafeMutableRawBufferPointer
    /// What is larger than this would not stay in the caches for the other process.
    private static let streamedBytesMin = 8 << 20

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

    /// Writes at the beginning what is no longer than the memory.
    func put(_ contents: [UInt8]) {
        contents.withUnsafeBytes { contents in
            guard let from = contents.baseAddress, let to = bytes.baseAddress else { return }
            precondition(contents.count <= bytes.count, "the caller has compared the lengths")
            if contents.count >= Self.streamedBytesMin {
                jl_copy_streaming(to, from, contents.count)
            } else {
                bytes.copyMemory(from: contents)
            }
        }
    }

    deinit {
        munmap(bytes.baseAddress, bytes.count)
        close(descriptor)
    }
}
