import Foundation
import Identity

/// What the machine allows, measured in the same run: signatures on one core, and writes that reach
/// the disk.
enum Limits {
    static func measure() {
        report("Ed25519 signatures verified, one core", "\(shown(verifications())) /s")
        report("Ed25519 signatures made, one core", "\(shown(signatures())) /s")
        let syncs = syncMilliseconds()
        report("4 KiB written and synced, p50", "\(shown(percentile(syncs, 0.5))) ms")
        report("4 KiB written and synced, p99", "\(shown(percentile(syncs, 0.99))) ms")
    }

    private static func verifications() -> Double {
        var random = SystemRandomNumberGenerator()
        let key = SigningKey(from: &random)
        let message = [UInt8](repeating: 7, count: 400)
        let signature = key.signature(of: message)
        return rate { key.publicKey.verifies(signature, of: message) }
    }

    private static func signatures() -> Double {
        var random = SystemRandomNumberGenerator()
        let key = SigningKey(from: &random)
        let message = [UInt8](repeating: 7, count: 400)
        return rate { !key.signature(of: message).isEmpty }
    }

    private static func rate(_ body: () -> Bool) -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        while clock.now - start < .milliseconds(500) {
            for _ in 0..<100 where body() { count += 1 }
        }
        return Double(count) / seconds(clock.now - start)
    }

    private static func syncMilliseconds() -> [Double] {
        let path = FileManager.default.temporaryDirectory.appending(path: "jointlab-sync-probe")
            .path
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { return [] }
        defer {
            close(descriptor)
            unlink(path)
        }
        let block = [UInt8](repeating: 1, count: 4_096)
        let clock = ContinuousClock()
        return (0..<300).map { _ in
            let start = clock.now
            _ = write(descriptor, block, block.count)
            fdatasync(descriptor)
            return seconds(clock.now - start) * 1_000
        }
    }
}
