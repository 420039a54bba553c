import Contracts
import Encodings
import Ledger
import MerkleLog
import Randomness
import SampleLab
import ServedLab
import Testing

/// The ledger as tiles (C2SP tlog-tiles), for whoever reads logs.
@Suite struct TileRouteTests {
    /// A ledger of two full bundles and a part of a third.
    private static func lab() throws -> SampleLab {
        var lab = try SampleLab()
        for _ in 0..<3 {
            try lab.invite(190)
            try lab.settle()
        }
        return lab
    }

    @Test("The newest certified checkpoint is served to anybody, as a signed note")
    func checkpoint() async throws {
        var lab = try SampleLab()
        let early = try await SampleServer(lab).get("/checkpoint")
        #expect(early.text == lab.sequencer.published.description)
        try lab.invite(1)
        try lab.settle()
        try lab.invite(1)
        lab.endBatch()
        let answer = try await SampleServer(lab).get("/checkpoint")
        #expect(answer.mediaType == "text/plain; charset=utf-8")
        let certificate = try #require(lab.sequencer.certificate)
        #expect(answer.body == certificate.bytes)
        #expect(certificate != lab.sequencer.published)
    }

    @Test("Every tile of the tree is served, in every width that it has had, and no wider")
    func tiles() async throws {
        let lab = try Self.lab()
        let server = try await SampleServer(lab)
        let leaves = lab.entries.map { TreeHash.leaf($0) }
        let size = UInt64(leaves.count)
        for coordinate in TileSequence(ofLogOfSize: size) {
            let answer = try await server.get("/\(coordinate.path)")
            #expect(answer.status == 200)
            #expect(answer.mediaType == "application/octet-stream")
            let tile = try Tile(coordinate, content: answer.body)
            guard coordinate.level == 0 else { continue }
            let start = Int(coordinate.index) * 256
            #expect(tile.hashes == Array(leaves[start..<start + coordinate.width]))
            for width in [1, coordinate.width / 2, coordinate.width - 1] {
                let part = TileCoordinate(level: 0, index: coordinate.index, width: width)
                let answer = try await server.get("/\(part.path)")
                #expect(
                    try Tile(part, content: answer.body).hashes
                        == tile.hashes.prefix(width).map { $0 })
            }
            if coordinate.isPartial {
                for width in [coordinate.width + 1, 256] {
                    let wider = TileCoordinate(level: 0, index: coordinate.index, width: width)
                    #expect(try await server.get("/\(wider.path)").problemCode == "unknown")
                }
            }
        }
        #expect(try await server.get("/tile/0/003").problemCode == "unknown")
        #expect(try await server.get("/tile/2/000.p/1").problemCode == "unknown")
    }

    @Test(
        "Entry bundles hold the entries under the tiles, and are for members unless a lab opens them"
    )
    func bundles() async throws {
        let lab = try Self.lab()
        let server = try await SampleServer(lab)
        let open = try await SampleServer(lab, openEntries: true)
        let north = try lab.member("north")
        var read: [[UInt8]] = []
        for coordinate in TileSequence(ofLogOfSize: UInt64(lab.entries.count)).entryBundles {
            let path = "/\(coordinate.path)"
            #expect(try await server.get(path).problemCode == "signature.missing")
            let stranger = try SampleMember("stranger", [.researcher])
            #expect(try await server.get(path, by: stranger).problemCode == "caller.stranger")
            let answer = try await server.get(path, by: north)
            #expect(try await open.get(path).body == answer.body)
            read += try EntryBundle(content: answer.body).entries
        }
        #expect(read == lab.entries)
    }

    @Test(
        "A bundle or a tile that no ledger can have is not there",
        arguments: [
            "/tile/entries/003", "/tile/entries/002.p/255",
            // The places behind which entries would have no number any more.
            "/tile/entries/x072/x057/x594/x037/x927/935",
            "/tile/entries/x072/x057/x594/x037/x927/936",
            "/tile/entries/x018/x446/x744/x073/x709/x551/615",
            "/tile/0/x018/x446/x744/x073/x709/x551/615",
            "/tile/63/x018/x446/x744/x073/x709/x551/615.p/255", "/tile/8/000", "/tile/63/000.p/1",
        ])
    func beyond(path: String) async throws {
        let lab = try SampleLab()
        let server = try await SampleServer(lab)
        let answer = try await server.get(path, by: try lab.member("north"))
        #expect(answer.status == 404)
        #expect(answer.problemCode == "unknown")
    }

    @Test(
        "A path that is not spelt as tlog-tiles asks is refused",
        arguments: [
            "/tile/0/0", "/tile/0/0000", "/tile/00/000", "/tile/-1/000", "/tile/64/000",
            "/tile/0/x000/000",
            "/tile/0/001/000", "/tile/0/x001", "/tile/0/000.p/0", "/tile/0/000.p/256",
            "/tile/0/000.p/01",
            "/tile/0/000.p", "/tile/0/000.p/", "/tile/0/000/", "/tile/0//000", "/tile/0", "/tile/x",
            "/tile/entries/0", "/tile/entries/x000/000", "/tile/entries/000.p/256",
            "/tile/entries/",
            "/tile/0/x018/x446/x744/x073/x709/x551/616", "/tile/entries/%30%30%30",
            "/tile/0/%2e%2e/000",
            "/tile/0/00\u{0}", "/tile/0/٠٠٠",
        ])
    func malformed(path: String) async throws {
        let lab = try SampleLab()
        let server = try await SampleServer(lab)
        let answer = try await server.get(path, by: try lab.member("north"))
        #expect(answer.status == 404, "\(path): \(answer.text)")
        #expect(
            ["tile.path", "route.unknown"].contains(answer.problemCode), "\(path): \(answer.text)")
    }
}
