"""The ways to run a network over a photo in tiles that hdrtile is compared with. A network here is a call of
(tile [1, 3, h, w], top, left) that gives the tile's result."""
import torch


def official(photo, network, tile, overlap):
    """The tile loop of the official demo (demo.py of github.com/swz30/Restormer): results are summed in E, how often each
    pixel was computed in W, and the quotient is the result."""
    b, c, h, w = photo.shape
    tile = min(tile, h, w)
    stride = tile - overlap
    h_idx_list = [*range(0, h - tile, stride), h - tile]
    w_idx_list = [*range(0, w - tile, stride), w - tile]
    E = torch.zeros(b, c, h, w).type_as(photo)
    W = torch.zeros_like(E)
    for h_idx in h_idx_list:
        for w_idx in w_idx_list:
            in_patch = photo[..., h_idx:h_idx + tile, w_idx:w_idx + tile]
            out_patch = network(in_patch, h_idx, w_idx)
            out_patch_mask = torch.ones_like(out_patch)
            E[..., h_idx:(h_idx + tile), w_idx:(w_idx + tile)].add_(out_patch)
            W[..., h_idx:(h_idx + tile), w_idx:(w_idx + tile)].add_(out_patch_mask)
    return E.div_(W)


def monai(photo, network, tile, overlap):
    """MONAI's sliding window with Gaussian weights."""
    from monai.inferers import sliding_window_inference

    def predict(patch, coordinates):
        height, width = coordinates[0][2:]
        return network(patch, height.start, width.start)
    # MONAI takes the overlap as a share, and rounds the stride that follows down to whole pixels: hence the half.
    return sliding_window_inference(photo, (tile, tile), 1, predict, overlap=(overlap - .5) / tile, mode='gaussian', with_coord=True)


LOOPS = {'official': official, 'monai': monai}
