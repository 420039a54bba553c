import Contracts
import Encodings
import Foundation
import LabAPI
import Participation
import Storage
import Transport

/// How fast blobs go up to a coordinator and come down, against moving as many bytes over a TCP
/// connection on loopback in the same run, and how much memory the coordinator needs for it.
struct TransferBenchmark {
    let binary: URL
    private static let sizes = [100 << 20, 2 << 30]

    func run() async throws {
        let lab = try await BenchmarkLab(nodes: 1, binary: binary)
        let client = lab.members[0].coordinator
        let source = try BlobStore(folder: lab.folder.appending(path: "source"))
        let before = try lab.coordinatorPeakBytes()
        for size in Self.sizes {
            let name = "\(size >> 20) MiB"
            let digest = try make(size, in: source)
            let raw = try LoopbackCopy.seconds(bytes: size)
            report("\(name) over raw loopback", rate(size, raw))
            let copy = try time {
                try LoopbackCopy.copy(
                    source.url(of: digest), to: lab.folder.appending(path: "copy"))
            }
            report("\(name) from file to file over it, synced", rate(size, copy))
            let hash = try time { _ = try source.open(digest).sha256() }
            report("\(name) read and hashed, one core", rate(size, hash))
            let up = try await timeAsync { try await client.upload(digest, from: source) }
            report("\(name) up, durable", compared(size, up, raw: raw, copy: copy))
            let target = try BlobStore(folder: lab.folder.appending(path: "target"))
            let down = try await timeAsync { try await client.download(digest, into: target) }
            report("\(name) down, durable", compared(size, down, raw: raw, copy: copy))
            for store in [source, target] { try store.remove(digest) }
        }
        let peak = try lab.coordinatorPeakBytes()
        report(
            "coordinator's memory before, and at its peak",
            "\(before >> 20) and \(peak >> 20) MiB")
        try await lab.tearDown()
    }

    private func timeAsync(_ body: () async throws -> Void) async rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        return seconds(clock.now - start)
    }

    private func time(_ body: () throws -> Void) rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try body()
        return seconds(clock.now - start)
    }

    private func rate(_ bytes: Int, _ seconds: Double) -> String {
        "\(shown(Double(bytes) / seconds / 1e6)) MB/s"
    }

    /// A rate, and how many times as long as the two plain copies it takes.
    private func compared(_ bytes: Int, _ time: Double, raw: Double, copy: Double) -> String {
        "\(rate(bytes, time)): \(shown(time / raw)) × loopback, \(shown(time / copy)) × file to file"
    }

    private func make(_ bytes: Int, in store: BlobStore) throws -> BlobDigest {
        var writer = try store.writer()
        var piece = [UInt64](repeating: 0, count: (1 << 20) / 8)
        for number in 0..<bytes >> 20 {
            for index in piece.indices {
                piece[index] = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index)
            }
            try piece.withUnsafeBytes { try writer.write($0) }
        }
        return try writer.finish(expecting: nil)
    }
}

/// Bytes over a TCP connection on this machine, from one thread to another, and nothing else.
enum LoopbackCopy {
    private static let pieceBytes = 256 << 10

    struct Failure: Error {}

    /// As many bytes as are wanted, out of memory.
    static func seconds(bytes: Int) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var received = 0
        try pass(
            next: { offset, buffer in min(bytes - offset, buffer.count) },
            receive: { received += $0.count })
        guard received == bytes else { throw Failure() }
        return (clock.now - start) / .seconds(1)
    }

    /// A file, so many times, each time to another that is then durable.
    static func seconds(copying file: URL, times: Int) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        for number in 0..<times {
            try copy(file, to: file.appendingPathExtension("\(number)"))
        }
        return (clock.now - start) / .seconds(1)
    }

    /// A file to another, which is then durable.
    static func copy(_ from: URL, to: URL) throws {
        let source = open(from.path, O_RDONLY)
        let target = open(to.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer {
            close(source)
            close(target)
            unlink(to.path)
        }
        guard source >= 0, target >= 0 else { throw Failure() }
        try pass(
            next: { offset, buffer in
                max(0, pread(source, buffer.baseAddress, buffer.count, offset))
            },
            receive: { _ = write(target, $0.baseAddress, $0.count) })
        guard fsync(target) == 0 else { throw Failure() }
    }

    /// - Parameter next: Fills a buffer with what comes at an offset, and says how much that is.
    private static func pass(
        next: @escaping @Sendable (Int, UnsafeMutableRawBufferPointer) -> Int,
        receive: (UnsafeRawBufferPointer) -> Void
    ) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let sender = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(listener)
            close(sender)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, address, &length) == 0
                    && connect(sender, address, length) == 0
            }
        }
        let receiver = accept(listener, nil, nil)
        guard isConnected, receiver >= 0 else { throw Failure() }
        defer { close(receiver) }
        Thread {
            var piece = [UInt8](repeating: 0, count: pieceBytes)
            var offset = 0
            piece.withUnsafeMutableBytes { piece in
                while true {
                    let count = next(offset, piece)
                    guard count > 0, write(sender, piece.baseAddress, count) == count else { break }
                    offset += count
                }
            }
            shutdown(sender, Int32(SHUT_WR))
        }.start()
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        piece.withUnsafeMutableBytes { piece in
            while true {
                let count = read(receiver, piece.baseAddress, piece.count)
                guard count > 0 else { break }
                receive(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            }
        }
    }
}
