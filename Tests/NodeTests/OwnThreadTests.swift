import Dispatch
import Testing

@testable import Node

@Suite struct OwnThreadTests {
    @Test(
        "Any number of those that wait for a disk leave the threads of the ledger's work free",
        .timeLimit(.minutes(2)))
    func manyWait() async {
        let count = 100
        let gate = DispatchSemaphore(value: 0)
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 0..<count {
                group.addTask {
                    await onOwnThread {
                        arrived.yield()
                        gate.wait()
                        return number
                    }
                }
            }
            // On shared threads, of which there are as many as cores, they would not all arrive.
            var waiting = 0
            for await _ in arrivals {
                waiting += 1
                if waiting == count { break }
            }
            for _ in 0..<count { gate.signal() }
            return await group.reduce(0, +)
        }
        #expect(sum == count * (count - 1) / 2)
    }

    @Test("What fails there fails here")
    func failure() async {
        await #expect(throws: CancellationError.self) {
            try await onOwnThread { throw CancellationError() }
        }
    }
}
