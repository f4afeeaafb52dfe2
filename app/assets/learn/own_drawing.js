// Hands on what is on the pad of the Draw page, which keeps it in the session of this tab.
export default ({ setStateValue }) => {
  const image = sessionStorage.getItem('lifelong.pad.digit') ?? '';
  if (image) setStateValue('image', image);
};
