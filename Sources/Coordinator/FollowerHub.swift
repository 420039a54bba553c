import Contracts
import Ledger
import NIOCore
import Transport

/// The nodes that are connected, and what is on its way to them.
///
/// Each has a bounded queue. A node that does not keep up is cut off: it comes back by itself, and
/// then catches up from the store, where the ledger waits for as long as it takes.
struct FollowerHub {
    /// So many events may wait for a node.
    private static let queueMax = 512

    struct Connection: Sendable {
        let id: UInt64
        let events: AsyncStream<ByteBuffer>
    }

    private struct Follower {
        let id: UInt64
        let queue: AsyncStream<ByteBuffer>.Continuation
    }

    private var followers: [MemberID: Follower] = [:]
    private var nextID: UInt64 = 0

    var count: Int { followers.count }

    /// Takes a node in; an older connection of the same node ends.
    mutating func attach(_ member: MemberID) -> Connection {
        followers[member]?.queue.finish()
        nextID += 1
        let (events, queue) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(Self.queueMax))
        followers[member] = Follower(id: nextID, queue: queue)
        return Connection(id: nextID, events: events)
    }

    /// - Returns: Whether the connection was the node's present one.
    mutating func detach(_ member: MemberID, id: UInt64) -> Bool {
        guard followers[member]?.id == id else { return false }
        followers.removeValue(forKey: member)?.queue.finish()
        return true
    }

    mutating func cutOff(_ member: MemberID) {
        followers.removeValue(forKey: member)?.queue.finish()
    }

    /// - Returns: The nodes that were cut off because they did not keep up.
    mutating func broadcast(_ event: ServerSentEvent) -> [MemberID] {
        let bytes = ByteBuffer(string: event.text)
        return followers.keys.filter { !send(bytes, to: $0) }
    }

    /// - Returns: Whether the node still keeps up.
    mutating func send(_ event: ServerSentEvent, to member: MemberID) -> Bool {
        send(ByteBuffer(string: event.text), to: member)
    }

    private mutating func send(_ bytes: ByteBuffer, to member: MemberID) -> Bool {
        guard let follower = followers[member] else { return true }
        switch follower.queue.yield(bytes) {
        case .enqueued: return true
        case .dropped, .terminated: break
        @unknown default: break
        }
        follower.queue.finish()
        followers[member] = nil
        return false
    }
}
