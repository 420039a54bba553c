import ContractLibrary
import Contracts
import Coordinator
import Encodings
import Foundation
import Identity
import LabAPI
import Participation
import Randomness
import SampleLab
import ServedLab
import Storage
import Testing
import Transport

/// Blobs over a real connection, which breaks.
@Suite struct BlobTransferTests {
    private static let headsMax = 8 << 10
    private let folder: TemporaryFolder
    private let content: [UInt8]
    private let digest: BlobDigest

    init() throws {
        folder = try TemporaryFolder()
        var random = SeededRandom(seed: 21)
        content = [UInt8](unsafeUninitializedCapacity: 3 << 20) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            for place in stride(from: 0, to: 3 << 20, by: 8) {
                bytes.storeBytes(of: random.next(), toByteOffset: place, as: UInt64.self)
            }
            count = 3 << 20
        }
        digest = BlobDigest(of: content)
    }

    private static var retries: TransferRetries {
        var retries = TransferRetries()
        retries.firstWait = .milliseconds(1)
        return retries
    }

    private func run(
        uploads: UploadLimits = UploadLimits(),
        _ body: @escaping @Sendable (ServedLab) async throws -> Void
    ) async throws {
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        try await homes.run(nodes: [], uploads: uploads, body)
    }

    private func client(
        _ name: String, of served: ServedLab, over proxy: CuttingProxy
    ) throws -> SignedClient {
        let signer = RequestSigner(
            key: try served.lab.member(name).signingKey, lab: served.lab.id.text
        ) { Int64(Date().timeIntervalSince1970) }
        return try SignedClient(baseURL: proxy.url, signer: signer, http: served.http)
    }

    /// A store with the content in it.
    private func source(_ bytes: [UInt8]? = nil) throws -> BlobStore {
        let store = try BlobStore(folder: folder.file("source"))
        _ = try store.write(bytes ?? content)
        return store
    }

    private func target() throws -> BlobStore { try BlobStore(folder: folder.file("target")) }

    /// Waits until the coordinator has written so much of what north sends.
    private func partialUpload(reaches count: Int) async throws {
        let path = folder.file("coordinator/blobs/uploads/north/\(digest).part").path
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        while clock.now < deadline {
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
            if let size, size.intValue >= count { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("no \(count) bytes of the upload have come")
    }

    // MARK: - Interrupted and resumed

    @Test("An upload that is cut off three times sends again what was on its way, and no more")
    func interruptedUpload() async throws {
        let (content, digest, source) = (content, digest, try source())
        try await run { served in
            let proxy = try CuttingProxy(
                to: served.url, cuts: [(.up, 1_000_000), (.up, 700_001), (.up, 99_999)])
            defer { proxy.stop() }
            let client = try client("north", of: served, over: proxy)
            try await client.upload(digest, from: source, retries: Self.retries)
            #expect(try served.coordinator.blobs.read(digest) == content)
            #expect(proxy.connections >= 4)
            // What the server had not taken from its socket when it was asked again comes twice.
            #expect(proxy.passed(.up) < content.count + 1_799_000)
            // Nothing is sent that is there.
            let before = proxy.passed(.up)
            try await client.upload(digest, from: source)
            #expect(proxy.passed(.up) - before < Self.headsMax)
        }
    }

    @Test("A download that is cut off three times asks again for what was on its way, and no more")
    func interruptedDownload() async throws {
        let (content, digest, target) = (content, digest, try target())
        try await run { served in
            _ = try served.coordinator.blobs.write(content)
            let proxy = try CuttingProxy(
                to: served.url, cuts: [(.down, 1_000_000), (.down, 700_001), (.down, 99_999)])
            defer { proxy.stop() }
            let client = try client("north", of: served, over: proxy)
            try await client.download(digest, into: target, retries: Self.retries)
            #expect(try target.read(digest) == content)
            #expect(proxy.connections >= 4)
            // What the client had not taken from its socket when the connection broke is lost.
            #expect(proxy.passed(.down) < content.count + 1_799_000)
        }
    }

    @Test("A transfer that was given up goes on in another process's life, both ways")
    func laterLife() async throws {
        let (content, digest, source, target) = (content, digest, try source(), try target())
        var once = Self.retries
        once.attemptsMax = 1
        let givenUp = once
        try await run { served in
            let proxy = try CuttingProxy(
                to: served.url, cuts: [(.up, 2_000_000), (.down, 2_000_000)])
            defer { proxy.stop() }
            let client = try client("north", of: served, over: proxy)
            await #expect(throws: ConnectionFailure.self) {
                try await client.upload(digest, from: source, retries: givenUp)
            }
            // The server may still be reading what has come through, and to ask it ends that.
            try await partialUpload(reaches: 1_990_000)
            let offset = try await client.uploadProgress(of: digest).offset
            #expect((1_990_000..<2_000_000).contains(offset))
            let before = proxy.passed(.up)
            try await client.upload(digest, from: BlobStore(folder: folder.file("source")))
            #expect(proxy.passed(.up) - before < content.count - offset + Self.headsMax)
            await #expect(throws: ConnectionFailure.self) {
                try await client.download(digest, into: target, retries: givenUp)
            }
            let here = try FileManager.default.attributesOfItem(
                atPath: folder.file("target/partial/\(digest)").path)[.size]
            let count = try #require((here as? NSNumber)?.intValue)
            #expect(count > 0)
            let downBefore = proxy.passed(.down)
            try await client.download(digest, into: BlobStore(folder: folder.file("target")))
            #expect(proxy.passed(.down) - downBefore < content.count - count + Self.headsMax)
            #expect(try target.read(digest) == content)
        }
    }

    @Test("A coordinator that is started anew knows how far each upload was")
    func coordinatorRestarts() async throws {
        let (content, digest, source) = (content, digest, try source())
        let homes = try await LabHomes(LabHomes.sampleLab(), in: folder.url)
        var once = Self.retries
        once.attemptsMax = 1
        let givenUp = once
        try await homes.run(nodes: []) { served in
            let proxy = try CuttingProxy(to: served.url, cuts: [(.up, 2_000_000)])
            defer { proxy.stop() }
            await #expect(throws: ConnectionFailure.self) {
                try await client("north", of: served, over: proxy)
                    .upload(digest, from: source, retries: givenUp)
            }
            try await partialUpload(reaches: 1_990_000)
        }
        try await homes.run(nodes: []) { served in
            let proxy = try CuttingProxy(to: served.url)
            defer { proxy.stop() }
            let client = try client("north", of: served, over: proxy)
            let progress = try await client.uploadProgress(of: digest)
            #expect((1_990_000..<2_000_000).contains(progress.offset))
            // It is nobody else's.
            let other = try served.client("south")
            #expect(try await other.uploadProgress(of: digest).offset == 0)
            try await client.upload(digest, from: source)
            #expect(proxy.passed(.up) < content.count - 1_900_000)
            #expect(try served.coordinator.blobs.read(digest) == content)
            #expect(try await other.uploadProgress(of: digest).isComplete)
        }
    }

    @Test("A beginning that the disk has spoilt is thrown away, and the transfer succeeds")
    func spoilt() async throws {
        let (content, digest, source, target) = (content, digest, try source(), try target())
        try await run { served in
            let client = try served.client("north")
            let wrong = [UInt8](repeating: 1, count: 1_000_000)
            let upload = try await served.exchanges("north").goOn(
                digest, with: wrong, at: 0, of: content.count)
            #expect(upload.status == 200)
            try await client.upload(digest, from: source, retries: Self.retries)
            #expect(try served.coordinator.blobs.read(digest) == content)

            for count in [1_000_000, content.count, content.count + 1] {
                try target.remove(digest)
                do {
                    var partial = try target.partial(digest)
                    try [UInt8](repeating: 1, count: count).withUnsafeBytes {
                        try partial.append($0)
                    }
                }
                try await client.download(digest, into: target, retries: Self.retries)
                #expect(try target.read(digest) == content, "\(count)")
            }
        }
    }

    @Test("Two connections that send the same blob at once both end well")
    func twoAtOnce() async throws {
        let (content, digest, source) = (content, digest, try source())
        try await run { served in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["north", "north", "south", "south"] {
                    group.addTask {
                        var retries = Self.retries
                        retries.attemptsMax = 100
                        try await served.client(name).upload(
                            digest, from: source, retries: retries)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try served.coordinator.blobs.read(digest) == content)
        }
    }

    // MARK: - Ranges

    @Test("A download answers ranges as the standard says, and tells its length and its tag")
    func ranges() async throws {
        let (content, digest) = (content, digest)
        try await run { served in
            _ = try served.coordinator.blobs.write(content)
            let requests = try served.exchanges("north")
            let count = content.count
            let tag = "\"\(digest)\""
            let whole = try await requests.send("GET", "/v1/blobs/\(digest)")
            #expect(whole.status == 200)
            #expect(whole["accept-ranges"] == "bytes")
            #expect(whole["etag"] == tag)
            #expect(whole["content-length"] == "\(count)")
            #expect(whole.body == content)
            for (value, range) in [
                ("bytes=0-0", 0..<1), ("bytes=1000000-", 1_000_000..<count),
                ("bytes=-7", count - 7..<count), ("bytes=5-99999999999999", 5..<count),
                ("bytes=262143-262144", 262_143..<262_145),
            ] {
                let part = try await requests.send(
                    "GET", "/v1/blobs/\(digest)", ["range": value])
                #expect(part.status == 206, "\(value)")
                #expect(
                    part["content-range"]
                        == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(count)")
                #expect(part["content-length"] == "\(range.count)")
                #expect(part["etag"] == tag)
                #expect(part.body == Array(content[range]), "\(value)")
            }
            let none = try await requests.send(
                "GET", "/v1/blobs/\(digest)", ["range": "bytes=\(count)-"])
            #expect(none.status == 416)
            #expect(none["content-range"] == "bytes */\(count)")
            #expect(none.problemCode == "range.unsatisfiable")
            let other = try await requests.send(
                "GET", "/v1/blobs/\(digest)", ["range": "bytes=0-0", "if-range": "\"other\""])
            #expect(other.status == 200)
            let head = try await requests.send(
                "HEAD", "/v1/blobs/\(digest)", ["range": "bytes=0-0"])
            #expect(head.status == 200)
            #expect(head["content-length"] == "\(count)")
            #expect(head["etag"] == tag)
            #expect(head.body == [])
            let absent = BlobDigest(of: [1])
            #expect(try await requests.send("HEAD", "/v1/blobs/\(absent)").status == 404)
            #expect(try await requests.send("GET", "/v1/blobs/\(absent)").status == 404)
        }
    }

    @Test("What refuses a HEAD has no body, and the connection is of use afterwards")
    func headProblem() async throws {
        let digest = digest
        try await run { served in
            let proxy = try CuttingProxy(to: served.url)
            defer { proxy.stop() }
            let client = try client("north", of: served, over: proxy)
            let requests = try served.exchanges("north", url: proxy.url)
            for path in ["/v1/blobs/\(digest)", "/v1/uploads/none", "/nowhere"] {
                let answer = try await requests.send("HEAD", path)
                #expect((400..<500).contains(answer.status), "\(path)")
                #expect(answer.body == [])
                #expect(answer.mediaType == Problem.mediaType)
                #expect(try await client.get("/v1/lab")["title"] != nil)
            }
            #expect(proxy.connections == 1)
        }
    }

    @Test("How far an upload is stands in the head as the draft has it, whatever the method")
    func draftFields() async throws {
        let (content, digest) = (content, digest)
        try await run { served in
            let requests = try served.exchanges("north")
            for sent in [0, 1_000, content.count] {
                if sent > 0 {
                    let start = sent == 1_000 ? 0 : 1_000
                    _ = try await requests.goOn(
                        digest, with: Array(content[start..<sent]), at: start, of: content.count)
                }
                for method in ["GET", "HEAD"] {
                    let answer = try await requests.send(method, "/v1/uploads/\(digest)")
                    #expect(answer.status == 200)
                    #expect(answer["upload-offset"] == "\(sent)")
                    #expect(answer["upload-complete"] == (sent == content.count ? "?1" : "?0"))
                    #expect(answer["upload-limit"] == "max-size=\(4 << 30)")
                    #expect(answer["cache-control"] == "no-store")
                    #expect(answer.body.isEmpty == (method == "HEAD"))
                }
            }
        }
    }

    @Test("A blob without bytes goes up and comes down")
    func empty() async throws {
        let target = try target()
        try await run { served in
            let client = try served.client("north")
            let digest = try await client.upload([])
            try await client.download(digest, into: target)
            #expect(try target.read(digest) == [])
        }
    }

    // MARK: - What should not be taken

    @Test("An upload that is wrong in any way is refused by name, and leaves the next one whole")
    func hostile() async throws {
        let (content, digest) = (content, digest)
        var limits = UploadLimits()
        limits.blobBytesMax = 4 << 20
        try await run(uploads: limits) { served in
            let (client, requests) = (try served.client("north"), try served.exchanges("north"))
            func refused(
                _ status: Int, _ code: String, _ bytes: [UInt8], at offset: String = "0",
                length: String? = nil, complete: String = "?1",
                mediaType: String = UploadField.mediaType, digest name: String? = nil
            ) async throws {
                let answer = try await requests.send(
                    "PATCH", "/v1/uploads/\(name ?? digest.text)",
                    [
                        "upload-offset": offset, "upload-length": length ?? "\(content.count)",
                        "upload-complete": complete, "content-type": mediaType,
                    ], body: bytes)
                #expect(answer.status == status, "\(answer)")
                #expect(answer.problemCode == code, "\(answer)")
            }
            let some = Array(content[..<1_000])
            try await refused(409, "upload.offset", some, at: "1", complete: "?0")
            try await refused(409, "upload.offset", some, at: "3000000", complete: "?0")
            try await refused(400, "upload.length", some)
            try await refused(400, "upload.length", some, length: "999", complete: "?0")
            try await refused(400, "upload.length", some, at: "\(Int.max)", complete: "?0")
            try await refused(
                413, "blob.too_large", some, length: "\((4 << 20) + 1)", complete: "?0")
            try await refused(413, "blob.too_large", some, length: "\(Int.max)", complete: "?0")
            for malformed in ["-1", "+1", "1e3", "", "0x0", "99999999999999999999", "1, 2"] {
                try await refused(400, "request.malformed", some, at: malformed, complete: "?0")
                try await refused(400, "request.malformed", some, length: malformed, complete: "?0")
            }
            for malformed in ["1", "true", "?2", ""] {
                try await refused(400, "upload.malformed", some, complete: malformed)
            }
            try await refused(415, "upload.media_type", some, mediaType: "text/plain")
            try await refused(400, "request.malformed", some, digest: "..%2f..%2flog.key")
            try await refused(
                400, "digest.wrong", [UInt8](repeating: 1, count: content.count))
            #expect(try await client.uploadProgress(of: digest).offset == 0)
            let tooLong = try await requests.send(
                "PUT", "/v1/blobs/\(BlobDigest(of: [UInt8](repeating: 0, count: 5 << 20)))",
                body: [UInt8](repeating: 0, count: 5 << 20))
            #expect(tooLong.status == 413)

            // Whatever came before, the honest upload succeeds.
            let answer = try await requests.goOn(
                digest, with: content, at: 0, of: content.count)
            #expect(answer.status == 200, "\(answer)")
            #expect(answer["upload-complete"] == "?1")
            #expect(try served.coordinator.blobs.read(digest) == content)
            let left = try FileManager.default.contentsOfDirectory(
                atPath: folder.file("coordinator/blobs/uploads/north").path)
            #expect(left == [digest.text])
        }
    }

    @Test("Bytes that are not those that were signed are not kept, nor are those of a stranger")
    func unsigned() async throws {
        let (content, digest) = (content, digest)
        try await run { served in
            let (client, requests) = (try served.client("north"), try served.exchanges("north"))
            let swapped = try await requests.send(
                "PATCH", "/v1/uploads/\(digest)",
                [
                    "upload-offset": "0", "upload-length": "\(content.count)",
                    "upload-complete": "?0", "content-type": UploadField.mediaType,
                ], body: Array(content[..<1_000]), signing: Array(content[1..<1_001]))
            #expect(swapped.status == 401)
            #expect(swapped.problemCode == "digest.wrong")
            #expect(try await client.uploadProgress(of: digest).offset == 0)
            let stranger = try SampleMember("stranger", [.researcher])
            let outside = served.exchanges(stranger.signingKey)
            for method in ["HEAD", "DELETE"] {
                #expect(
                    try await outside.send(method, "/v1/uploads/\(digest)").status == 403)
            }
            let sent = try await outside.goOn(
                digest, with: Array(content[..<10]), at: 0, of: content.count)
            #expect(sent.problemCode == "caller.stranger")
        }
    }

    @Test("An unfinished upload is its sender's: nobody else goes on with it or takes it back")
    func someoneElses() async throws {
        let (content, digest) = (content, digest)
        try await run { served in
            let (north, south) = (try served.client("north"), try served.client("south"))
            let first = try served.exchanges("north")
            let second = try served.exchanges("south")
            let half = content.count / 2
            var answer = try await first.goOn(
                digest, with: Array(content[..<half]), at: 0, of: content.count)
            #expect(answer.status == 200)
            #expect(answer["upload-offset"] == "\(half)")
            #expect(answer["upload-complete"] == "?0")
            answer = try await second.goOn(
                digest, with: Array(content[half...]), at: half, of: content.count)
            #expect(answer.problemCode == "upload.offset")
            #expect(answer["upload-offset"] == "0")
            try await south.cancelUpload(of: digest)
            #expect(
                try await north.uploadProgress(of: digest)
                    == .init(offset: half, isComplete: false))
            answer = try await first.goOn(
                digest, with: Array(content[half...]), at: half, of: content.count)
            #expect(answer.status == 200)
            #expect(try served.coordinator.blobs.read(digest) == content)
        }
    }

    @Test("A member over its quota is told the numbers before it sends, others are not touched")
    func quota() async throws {
        let (content, digest, source) = (content, digest, try source())
        var limits = UploadLimits()
        limits.memberBytesMax = 4 << 20
        try await run(uploads: limits) { served in
            let north = try served.client("north")
            try await north.upload([UInt8](repeating: 1, count: 2 << 20))
            let problem = await #expect(throws: Problem.self) {
                try await north.upload(digest, from: source)
            }
            #expect(problem?.status == 507)
            #expect(problem?.code == "upload.quota")
            for number in [2 << 20, 4 << 20, content.count] {
                #expect(problem?.detail.contains("\(number)") == true, "\(number)")
            }
            try await served.client("south").upload(digest, from: source)
            #expect(served.coordinator.blobs.has(digest))
        }
    }

    @Test("What the ledger comes to name counts against nobody's quota any more")
    func named() async throws {
        var limits = UploadLimits()
        limits.memberBytesMax = 1 << 20
        let whole = [UInt8](repeating: 1, count: 1 << 20)
        try await run(uploads: limits) { served in
            let north = try served.client("north")
            let prose = try await served.session("north").store("a text that no document has")
            let problem = await #expect(throws: Problem.self) { try await north.upload(whole) }
            #expect(problem?.code == "upload.quota")
            #expect(served.coordinator.blobs.has(prose))
            let south = try served.session("south")
            try await south.publish(.datasetLicence)
            try await served.client("south").upload(whole)
        }
    }
}
