import LabAPI
import Synchronization
import Testing

@Suite struct ProgressSignalTests {
    private final class Height: Sendable {
        let value = Mutex(0)
    }

    @Test("Whoever waits is woken by each notice until what it waits for holds")
    func woken() async throws {
        let signal = ProgressSignal()
        let height = Height()
        let (looks, looked) = AsyncStream.makeStream(of: Int.self)
        async let came = signal.wait(atMost: .seconds(60)) {
            let seen = height.value.withLock(\.self)
            looked.yield(seen)
            return seen >= 3
        }
        var expected = 0
        for await seen in looks {
            // A notice may come between a look and the sleep after it, and is not lost.
            if seen == 3 { break }
            if seen == expected {
                expected += 1
                height.value.withLock { $0 = expected }
                signal.notify()
            }
        }
        #expect(try await came)
    }

    @Test("Waiting ends when the time is up, and says so")
    func timeIsUp() async throws {
        let signal = ProgressSignal()
        #expect(try await !signal.wait(atMost: .zero) { false })
        #expect(try await signal.wait(atMost: .seconds(60)) { true })
    }

    @Test("Waiting ends with the task that waits")
    func cancelled() async throws {
        let signal = ProgressSignal()
        let (looks, looked) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await signal.wait(atMost: .seconds(600)) {
                looked.yield()
                return false
            }
        }
        for await _ in looks { break }
        task.cancel()
        let outcome = await task.result
        #expect(throws: CancellationError.self) { try outcome.get() }
    }

    @Test("An error of what is waited for is passed on")
    func failing() async throws {
        struct Broken: Error {}
        await #expect(throws: Broken.self) {
            try await ProgressSignal().wait(atMost: .seconds(60)) { throw Broken() }
        }
    }
}
